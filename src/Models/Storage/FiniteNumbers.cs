using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelService.Models.Storage;

/// <summary>
/// Reads numbers, and refuses those that are too large for a double. System.Text.Json itself reads <c>1e999</c> as
/// infinity, which no answer can contain.
/// </summary>
internal sealed class FiniteNumbers : JsonConverter<double>
{
    /// <inheritdoc/>
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDouble() is var number && double.IsFinite(number)
            ? number
            : throw new JsonException("The number is too large.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value);
}
