using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>A text; the whole text must match the property's pattern when there is one.</summary>
internal sealed class TextCodec : ParameterCodec
{
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    public override string Description => "string";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.String)
            return reader.FailKind(json, pointer, $"a text is needed. {member.Meaning}");
        var text = json.GetString()!;
        return
            member.Pattern is null
            || Regex.IsMatch(text, $@"\A(?:{member.Pattern})\z", RegexOptions.CultureInvariant, MatchTimeout)
            ? text
            : reader.Fail(pointer, $"'{Suggestions.Shorten(text)}' is not allowed here. {member.Meaning}");
    }

    public override JsonNode Write(object value, bool canonical) => (string)value;

    public override JsonObject Schema(RecordMember member)
    {
        var schema = SchemaNodes.OfType("string");
        if (member.Pattern is not null)
            schema["pattern"] = $"^(?:{member.Pattern})$";
        return schema;
    }
}
