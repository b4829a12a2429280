using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>A class, by its index among the scores or by its label.</summary>
internal sealed class ClassCodec : ParameterCodec
{
    public override string Description => "integer or string";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind == JsonValueKind.String)
            return new ClassReference(null, json.GetString());
        return json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var index) && index >= 0
            ? new ClassReference(index, null)
            : reader.Fail(pointer, $"{StrictReader.Describe(json)} is not a class. {member.Meaning}");
    }

    public override JsonNode Write(object value, bool canonical) =>
        value is ClassReference { Label: { } label } ? label : ((ClassReference)value).Index!.Value;

    public override JsonObject Schema(RecordMember member)
    {
        var index = SchemaNodes.OfType("integer");
        (index["minimum"], index["maximum"]) = (0, int.MaxValue);
        return SchemaNodes.AnyOf(index, SchemaNodes.OfType("string"));
    }
}
