using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Parameters;

/// <summary>One or more bytes, as a text in base64.</summary>
internal sealed class BytesCodec : ParameterCodec
{
    public override string Description => "base64";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.String)
            return reader.FailKind(json, pointer, $"bytes are needed. {member.Meaning}");
        string? error = null;
        if (!json.TryGetBytesFromBase64(out var bytes))
            bytes = Base64Text.Read(Encoding.UTF8.GetBytes(json.GetString()!), out error);
        return bytes is { Length: > 0 }
            ? bytes
            : reader.FailKind(json, pointer, $"bytes are needed. {(error is null ? "" : error + " ")}{member.Meaning}");
    }

    public override JsonNode Write(object value, bool canonical) => Convert.ToBase64String((byte[])value);

    public override JsonObject Schema(RecordMember member)
    {
        var schema = SchemaNodes.OfType("string");
        schema["pattern"] = "^(?:data:[^,]*;base64,)?[A-Za-z0-9+/_\\s-]{2,}[=\\s]*$";
        return schema;
    }
}
