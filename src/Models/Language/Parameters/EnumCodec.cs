using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>One of an enum's names.</summary>
/// <param name="type">The enum.</param>
internal sealed class EnumCodec(Type type) : ParameterCodec
{
    public override string Description => "string";

    public override IReadOnlyList<string> Values { get; } = [.. WireNames.Get(type).Keys];

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer) =>
        (json.ValueKind == JsonValueKind.String ? Find(json.GetString()!) : null)
        ?? reader.Fail(pointer, $"{StrictReader.Describe(json)} is not one of: {string.Join(", ", Values)}.");

    /// <summary>The value that has this name; null when there is none.</summary>
    public object? Find(string name) => WireNames.Get(type).GetValueOrDefault(name);

    public override JsonNode Write(object value, bool canonical) => WireNames.Get((Enum)value);

    public override JsonObject Schema(RecordMember member) => SchemaNodes.OneOf(Values);
}
