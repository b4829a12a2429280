using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>A version's number; <c>"newest"</c>, or null for the same.</summary>
internal sealed class VersionCodec : ParameterCodec
{
    private static readonly IntegerCodec<int> Numbers = new();

    public override string Description => "integer or \"newest\"";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (
            json.ValueKind == JsonValueKind.Null
            || (json.ValueKind == JsonValueKind.String && json.ValueEquals("newest"))
        )
        {
            return new VersionChoice(null);
        }

        return json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var number)
            ? new VersionChoice(number)
            : reader.FailKind(json, pointer, "a version's number or \"newest\" is needed.");
    }

    public override JsonNode Write(object value, bool canonical) =>
        ((VersionChoice)value).Number is { } number ? number : "newest";

    public override JsonObject Schema(RecordMember member) =>
        SchemaNodes.AnyOf(Numbers.Schema(member), SchemaNodes.OneOf(["newest"]));
}
