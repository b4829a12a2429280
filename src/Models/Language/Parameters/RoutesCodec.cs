using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>
/// Whole percents in the property's range by a version's number, which add up to 100; null for none.
/// </summary>
internal sealed class RoutesCodec : ParameterCodec
{
    /// <summary>The most versions that share a model's requests.</summary>
    public const int MaxVersions = 5;

    private const int All = 100;
    private static readonly IntegerCodec<int> Percents = new();

    public override string Description => "percents by version";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        var percents = new Dictionary<int, int>();
        if (json.ValueKind == JsonValueKind.Null)
            return new RouteShares(percents);
        if (json.ValueKind != JsonValueKind.Object)
            return reader.FailKind(json, pointer, "an object with a percentage for each version is needed.");
        var isValid = true;
        foreach (var property in json.EnumerateObject())
            isValid &= ReadOne(reader, member, property, JsonPointer.Append(pointer, property.Name), percents);
        if (!isValid)
            return null;
        if (percents.Count > MaxVersions)
            return reader.Fail(pointer, $"At most {MaxVersions} versions share requests, not {percents.Count}.");
        return percents.Values.Sum() is var sum and not All
            ? reader.Fail(pointer, $"The percents add up to {sum}; they must add up to {All}.")
            : new RouteShares(percents);
    }

    public override JsonNode Write(object value, bool canonical) =>
        new JsonObject(
            ((RouteShares)value).Percents.Select(pair =>
                KeyValuePair.Create(pair.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)pair.Value)
            )
        );

    public override JsonObject Schema(RecordMember member)
    {
        var schema = SchemaNodes.OfType("object");
        schema["propertyNames"] = new JsonObject { ["pattern"] = "^[1-9][0-9]*$" };
        schema["additionalProperties"] = Percents.Schema(member);
        (schema["minProperties"], schema["maxProperties"]) = (1, MaxVersions);
        return schema;
    }

    // Reads the percentage of a version; false after an error.
    private static bool ReadOne(
        StrictReader reader,
        RecordMember member,
        JsonProperty property,
        string pointer,
        Dictionary<int, int> percents
    )
    {
        var name = property.Name;
        if (
            !int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            || version == 0
            || version.ToString(CultureInfo.InvariantCulture) != name
        )
        {
            reader.Fail(pointer, $"'{Suggestions.Shorten(name)}' is not the number of a version.");
            return false;
        }

        if (Percents.Read(reader, member, property.Value, pointer) is not int percent)
            return false;
        if (percents.TryAdd(version, percent))
            return true;
        reader.Fail(pointer, $"'{name}' is given twice.");
        return false;
    }
}
