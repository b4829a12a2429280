using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Parameters;

/// <summary>The padding of a convolution: sizes, <c>"same"</c>, or <c>"valid"</c>, which is written as 0.</summary>
internal sealed class PaddingCodec : ParameterCodec
{
    private static readonly SizesCodec SizeCodec = new();

    public override string Description => "integer, list of integers, \"same\" or \"valid\"";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.String)
            return SizeCodec.Read(reader, member, json, pointer) is Sizes sizes ? new Padding(sizes) : null;
        return json.GetString() switch
        {
            "same" => Padding.Same,
            "valid" => Padding.Valid,
            _ => reader.Fail(
                pointer,
                $"{StrictReader.Describe(json)} is not a padding: "
                    + "give a number, a list of numbers, \"same\" or \"valid\"."
            ),
        };
    }

    public override JsonNode Write(object value, bool canonical) =>
        ((Padding)value).Sizes is { } sizes ? SizeCodec.Write(sizes, canonical) : "same";

    public override JsonObject Schema(RecordMember member) =>
        SchemaNodes.AnyOf(SchemaNodes.OneOf(["same", "valid"]), SizeCodec.Schema(member));

    public override string Python(object value) =>
        ((Padding)value).Sizes is { } sizes ? SizeCodec.Python(sizes) : base.Python(value);
}
