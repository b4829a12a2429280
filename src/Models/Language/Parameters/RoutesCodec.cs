using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>Whole percents by a version's number, which add up to 100; null for none.</summary>
internal sealed class RoutesCodec : ParameterCodec
{
    /// <summary>The most versions that share a model's requests.</summary>
    public const int MaxVersions = 5;

    private const int All = 100;

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
        {
            if (ReadOne(property, percents) is not { } error)
                continue;
            reader.Fail(JsonPointer.Append(pointer, property.Name), error);
            isValid = false;
        }

        if (!isValid)
            return null;
        if (percents.Count > MaxVersions)
        {
            return reader.Fail(
                pointer,
                $"{percents.Count} versions are too many; at most {MaxVersions} share requests."
            );
        }

        return percents.Values.Sum() == All
            ? new RouteShares(percents)
            : reader.Fail(pointer, $"The percents add up to {percents.Values.Sum()}; they must add up to {All}.");
    }

    public override JsonNode Write(object value, bool canonical) =>
        new JsonObject(
            ((RouteShares)value).Percents.Select(pair =>
                KeyValuePair.Create(pair.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)pair.Value)
            )
        );

    public override JsonObject Schema(RecordMember member)
    {
        var percent = SchemaNodes.OfType("integer");
        (percent["minimum"], percent["maximum"]) = (0, All);
        var schema = SchemaNodes.OfType("object");
        schema["additionalProperties"] = percent;
        return schema;
    }

    // Returns what is wrong; null when nothing is.
    private static string? ReadOne(JsonProperty property, Dictionary<int, int> percents)
    {
        var name = property.Name;
        if (
            !int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            || version.ToString(CultureInfo.InvariantCulture) != name
        )
        {
            return $"'{Suggestions.Shorten(name)}' is not the number of a version.";
        }

        if (
            property.Value.ValueKind != JsonValueKind.Number
            || !property.Value.TryGetInt32(out var percent)
            || percent is < 0 or > All
        )
        {
            return $"{StrictReader.Describe(property.Value)} is not a whole number of percents from 0 to {All}.";
        }

        return percents.TryAdd(version, percent) ? null : $"'{name}' is given twice.";
    }
}
