using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>A number in the property's range; in the range of float32 when the property has none.</summary>
internal sealed class NumberCodec : ParameterCodec
{
    public override string Description => "number";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Number || !json.TryGetDouble(out var value) || !double.IsFinite(value))
            return reader.FailKind(json, pointer, $"a number is needed. {member.Meaning}");
        var (least, greatest) = Limits(member);
        return value >= least && value <= greatest
            ? value
            : reader.Fail(pointer, $"{StrictReader.Describe(json)} is not a number from {least} to {greatest}.");
    }

    public override JsonNode Write(object value, bool canonical) => (double)value;

    public override JsonObject Schema(RecordMember member)
    {
        var schema = SchemaNodes.OfType("number");
        (schema["minimum"], schema["maximum"]) = Limits(member);
        return schema;
    }

    public override string Python(object value)
    {
        var text = ((double)value).ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
    }

    private static (double Least, double Greatest) Limits(RecordMember member) =>
        (member.Minimum ?? float.MinValue, member.Maximum ?? float.MaxValue);
}
