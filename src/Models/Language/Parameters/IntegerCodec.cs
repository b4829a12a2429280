using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>A whole number in the property's range; in the range of its type when the property has none.</summary>
/// <typeparam name="T">The type that holds the number.</typeparam>
internal sealed class IntegerCodec<T> : ParameterCodec
    where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
{
    public override string Description => "integer";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Number)
            return reader.FailKind(json, pointer, $"a whole number is needed. {member.Meaning}");
        var (least, greatest) = Limits(member);
        return TryGetWhole(json, out var value) && value >= least && value <= greatest
            ? T.CreateChecked(value)
            : reader.Fail(pointer, $"{StrictReader.Describe(json)} is not a whole number from {least} to {greatest}.");
    }

    public override JsonNode Write(object value, bool canonical) => JsonValue.Create(long.CreateChecked((T)value));

    public override JsonObject Schema(RecordMember member)
    {
        var schema = SchemaNodes.OfType("integer");
        (schema["minimum"], schema["maximum"]) = Limits(member);
        return schema;
    }

    private static (long Least, long Greatest) Limits(RecordMember member) =>
        (
            (long?)member.Minimum ?? long.CreateChecked(T.MinValue),
            (long?)member.Maximum ?? long.CreateChecked(T.MaxValue)
        );

    // In JSON, 3.0 and 0.3e1 are the whole number 3. A double is not exact beyond 2^53.
    private static bool TryGetWhole(JsonElement json, out long value)
    {
        if (json.TryGetInt64(out value))
            return true;
        if (!json.TryGetDouble(out var number) || number % 1 != 0 || Math.Abs(number) > 1L << 53)
            return false;
        value = (long)number;
        return true;
    }
}
