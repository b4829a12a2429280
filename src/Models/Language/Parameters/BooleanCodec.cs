using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>True or false.</summary>
internal sealed class BooleanCodec : ParameterCodec
{
    public override string Description => "boolean";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer) =>
        json.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? json.GetBoolean()
            : reader.FailKind(json, pointer, "true or false is needed.");

    public override JsonNode Write(object value, bool canonical) => (bool)value;

    public override JsonObject Schema(RecordMember member) => SchemaNodes.OfType("boolean");

    public override string Python(object value) => (bool)value ? "True" : "False";
}
