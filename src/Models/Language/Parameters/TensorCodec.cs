using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Parameters;

/// <summary>A tensor of float32 numbers: its shape, and its data as a flat or nested list.</summary>
internal sealed class TensorCodec : ParameterCodec
{
    public override string Description => "tensor";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer) =>
        TensorJson.Read(json, pointer, out var error) ?? reader.Fail(error!.Pointer, error.Detail);

    public override JsonNode Write(object value, bool canonical)
    {
        var (shape, data) = (RawTensor)value;
        return new JsonObject
        {
            ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
            ["data"] = new JsonArray([.. data.ToArray().Select(number => (JsonNode)number)]),
        };
    }

    // A schema can't express that the count of numbers in the data is the product of the shape.
    public override JsonObject Schema(RecordMember member) =>
        JsonNode
            .Parse(
                """
                {
                  "type": "object", "required": ["shape", "data"], "additionalProperties": false,
                  "properties": {
                    "shape": {
                      "type": "array", "minItems": 1, "maxItems": 8,
                      "items": { "type": "integer", "minimum": 1, "maximum": 2147483647 }
                    },
                    "data": { "type": "array" }
                  }
                }
                """
            )!
            .AsObject();
}
