using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>One or more bytes, as a text in base64.</summary>
internal sealed class BytesCodec : ParameterCodec
{
    public override string Description => "base64";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer) =>
        json.ValueKind == JsonValueKind.String && json.TryGetBytesFromBase64(out var bytes) && bytes.Length > 0
            ? bytes
            : reader.FailKind(json, pointer, $"bytes are needed. {member.Meaning}");

    public override JsonNode Write(object value, bool canonical) => Convert.ToBase64String((byte[])value);

    public override JsonObject Schema(RecordMember member)
    {
        var schema = SchemaNodes.OfType("string");
        schema["pattern"] = "^(?!$)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$";
        return schema;
    }
}
