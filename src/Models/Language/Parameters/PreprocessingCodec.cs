using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;

namespace ModelService.Models.Language.Parameters;

/// <summary>A preprocessing: a preset's name, or a full definition.</summary>
internal sealed class PreprocessingCodec : ParameterCodec
{
    private static readonly EnumCodec Presets = new(typeof(PreprocessingPreset));

    public override string Description =>
        $"{string.Join(", ", Presets.Values.Select(name => $"\"{name}\""))} or an object";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind == JsonValueKind.String && Presets.Find(json.GetString()!) is PreprocessingPreset preset)
            return new PreprocessingChoice(preset, null);
        if (json.ValueKind != JsonValueKind.Object)
            return reader.FailKind(json, pointer, $"a preprocessing is needed: {Description}.");
        if (reader.Read<PreprocessingDefinition>(json, pointer) is not { } definition)
            return null;
        var faults = definition.Validate().ToList();
        faults.ForEach(fault => reader.Fail(pointer + fault.Pointer, fault.Detail));
        return faults.Count > 0 ? null : new PreprocessingChoice(null, definition);
    }

    public override JsonNode Write(object value, bool canonical) =>
        value is PreprocessingChoice { Preset: { } preset }
            ? Presets.Write(preset, canonical)
            : ArchitectureWriter.WriteRecord(((PreprocessingChoice)value).Definition!, canonical);

    public override JsonObject Schema(RecordMember member) =>
        SchemaNodes.AnyOf(Presets.Schema(member), ArchitectureSchema.Record(typeof(PreprocessingDefinition)));
}
