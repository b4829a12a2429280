using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Parameters;

/// <summary>A size for each dimension: one number for all dimensions, or a list.</summary>
internal sealed class SizesCodec : ParameterCodec
{
    private static readonly IntegerCodec<int> Integers = new();
    private static readonly ListCodec Lists = new(typeof(int), Integers);

    public override string Description => $"{Integers.Description} or {Lists.Description}";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Array)
            return Integers.Read(reader, member, json, pointer) is int size ? (Sizes)size : null;
        if (json.GetArrayLength() == 0)
            return reader.Fail(pointer, "The list is empty: give one number, or one for each dimension.");
        return Lists.Read(reader, member, json, pointer) is IReadOnlyList<int> sizes ? new Sizes(sizes) : null;
    }

    public override JsonNode Write(object value, bool canonical)
    {
        var sizes = ((Sizes)value).Values;
        var isOne = sizes.Count == 1 || (canonical && sizes.Distinct().Count() == 1);
        return isOne ? sizes[0] : Lists.Write(sizes, canonical);
    }

    public override JsonObject Schema(RecordMember member)
    {
        var list = Lists.Schema(member);
        list["minItems"] = 1;
        return SchemaNodes.AnyOf(Integers.Schema(member), list);
    }

    public override string Python(object value) =>
        ((Sizes)value).Values is [var size] ? Integers.Python(size) : $"({string.Join(", ", ((Sizes)value).Values)})";
}
