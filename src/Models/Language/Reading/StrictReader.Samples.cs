using System.Text.Json;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Reading;

/// <content>What golden samples are made of.</content>
internal sealed partial class StrictReader
{
    private byte[]? ReadBytes(RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind == JsonValueKind.String && json.TryGetBytesFromBase64(out var bytes) && bytes.Length > 0)
            return bytes;
        Fail(pointer, $"{Describe(json)} stands where bytes are needed. {member.Meaning}");
        return null;
    }

    private RawTensor? ReadTensor(JsonElement json, string pointer)
    {
        if (TensorJson.TryRead(json, pointer, out var tensor, out var error))
            return tensor;
        errors.Add(error);
        return null;
    }

    private ClassReference? ReadClass(RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind == JsonValueKind.String)
            return new ClassReference(null, json.GetString());
        if (json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var index) && index >= 0)
            return new ClassReference(index, null);
        Fail(pointer, $"{Describe(json)} is no class. {member.Meaning}");
        return null;
    }
}
