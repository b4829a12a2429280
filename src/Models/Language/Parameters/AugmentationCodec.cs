using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Imaging.Augmentation;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;

namespace ModelService.Models.Language.Parameters;

/// <summary>
/// An augmentation: a preset's name, or a full definition. One that equals a preset is written as its name.
/// </summary>
internal sealed class AugmentationCodec : ParameterCodec
{
    private static readonly EnumCodec Presets = new(typeof(AugmentationPreset));

    public override string Description =>
        $"{string.Join(", ", Presets.Values.Select(name => $"\"{name}\""))} or an object";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind == JsonValueKind.String && Presets.Find(json.GetString()!) is AugmentationPreset preset)
            return AugmentationDefinition.From(preset);
        if (json.ValueKind != JsonValueKind.Object)
            return reader.FailKind(json, pointer, $"an augmentation is needed: {Description}.");
        if (reader.Read<AugmentationDefinition>(json, pointer) is not { } definition)
            return null;
        var faults = definition.Validate().ToList();
        faults.ForEach(fault => reader.Fail(pointer + fault.Pointer, fault.Detail));
        return faults.Count > 0 ? null : definition;
    }

    public override JsonNode Write(object value, bool canonical)
    {
        foreach (var preset in Enum.GetValues<AugmentationPreset>())
        {
            if (AugmentationDefinition.From(preset).Equals(value))
                return Presets.Write(preset, canonical);
        }

        return ArchitectureWriter.WriteRecord(value, canonical);
    }

    public override JsonObject Schema(RecordMember member) =>
        SchemaNodes.AnyOf(Presets.Schema(member), ArchitectureSchema.Record(typeof(AugmentationDefinition)));
}
