using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>
/// Reads and writes the values of an enumeration as the API names them: in snake_case. A value that this client does
/// not know is the first one, <c>Unknown</c>, so that a newer server can be read.
/// </summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class WireEnumConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        WireNames<T>.Parse(reader.GetString());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(WireNames<T>.Get(value));
}

/// <summary>The names of an enumeration's values.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal static class WireNames<T>
    where T : struct, Enum
{
    private static readonly Dictionary<T, string> Names = Enum.GetValues<T>()
        .ToDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));

    private static readonly Dictionary<string, T> Values = Names.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The name of a value.</summary>
    public static string Get(T value) =>
        !EqualityComparer<T>.Default.Equals(value, default)
            ? Names[value]
            : throw new ArgumentException($"{typeof(T).Name}.Unknown can only be read.", nameof(value));

    /// <summary>The value of a name.</summary>
    public static T Parse(string? name) => name is not null ? Values.GetValueOrDefault(name) : default;
}
