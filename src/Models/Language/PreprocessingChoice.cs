using System.Text.Json;
using System.Text.Json.Serialization;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Language.Parameters;

namespace ModelService.Models.Language;

/// <summary>How photos become the model's input: a preset, or a full definition; one of the two is null.</summary>
/// <param name="Preset">The preset, or null.</param>
/// <param name="Definition">The full definition, or null.</param>
[JsonConverter(typeof(PreprocessingChoiceJson))]
public sealed record PreprocessingChoice(PreprocessingPreset? Preset, PreprocessingDefinition? Definition);

/// <summary>Writes a choice as clients write it: the preset's name, or the definition.</summary>
internal sealed class PreprocessingChoiceJson : JsonConverter<PreprocessingChoice>
{
    /// <inheritdoc/>
    public override PreprocessingChoice Read(
        ref Utf8JsonReader reader,
        Type typeToConvert,
        JsonSerializerOptions options
    ) => throw new NotSupportedException("Definitions are read by the strict reader.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, PreprocessingChoice value, JsonSerializerOptions options) =>
        ParameterCodecs.Get(typeof(PreprocessingChoice)).Write(value).WriteTo(writer, options);
}
