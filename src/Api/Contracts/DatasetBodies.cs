using System.Text.Json;
using ModelService.Models.Datasets;
using ModelService.Models.Errors;

namespace ModelService.Api.Contracts;

/// <summary>A data set to create.</summary>
/// <param name="Name">
/// The name: 1 to 64 characters of a-z, 0-9, '.', '_' and '-', which begins and ends with a letter or a digit.
/// </param>
/// <param name="Classes">
/// The classes, in the order of a model's outputs; images of other classes are then refused. Left out, the classes are
/// the labels of the images, in alphabetical order.
/// </param>
public sealed record CreateDatasetBody(string Name, IReadOnlyList<string>? Classes)
{
    internal static CreateDatasetBody Read(JsonElement json)
    {
        DatasetJsonBody.CheckProperties(json, "name", "classes");
        var name =
            DatasetJsonBody.Text(json, "name")
            ?? throw ServingException.MalformedAt("/name", "the name of the data set is missing.");
        if (!json.TryGetProperty("classes", out var list) || list.ValueKind == JsonValueKind.Null)
            return new CreateDatasetBody(name, null);
        if (list.ValueKind != JsonValueKind.Array)
            throw ServingException.MalformedAt("/classes", "a list of labels is expected.");
        var classes = list.EnumerateArray()
            .Select(
                (item, index) =>
                    item.ValueKind == JsonValueKind.String
                        ? item.GetString()!
                        : throw ServingException.MalformedAt(
                            JsonPointer.Append("/classes", index),
                            "a label is a text in quotes."
                        )
            );
        return new CreateDatasetBody(name, [.. classes]);
    }
}

/// <summary>What changes of an image. A property that is left out stays as it is.</summary>
/// <param name="Label">Its new label.</param>
/// <param name="Split">Its new split; null for none.</param>
/// <param name="Group">
/// What it shares with other images, such as a person or a video; they stay together when a split is drawn. Null for
/// none.
/// </param>
public sealed record UpdateImageBody(string? Label, Split? Split, string? Group)
{
    internal static ImageUpdate Read(JsonElement json)
    {
        DatasetJsonBody.CheckProperties(json, "label", "split", "group");
        if (!json.EnumerateObject().Any())
            throw ServingException.MalformedAt("", "the change is empty: give \"label\", \"split\" or \"group\".");
        var group = DatasetJsonBody.Text(json, "group");
        if (LabelRules.CheckGroup(group) is { } failure)
            throw new ServingException(failure);
        return new ImageUpdate(DatasetJsonBody.Text(json, "label"))
        {
            ChangesSplit = json.TryGetProperty("split", out _),
            Split = DatasetJsonBody.Text(json, "split") is { } split ? ReadSplit(split) : null,
            ChangesGroup = json.TryGetProperty("group", out _),
            Group = group,
        };
    }

    private static Split ReadSplit(string text) =>
        WireNames.Get(typeof(Split)).TryGetValue(text, out var split)
            ? (Split)split
            : throw ServingException.MalformedAt("/split", "a split is train, val or test.");
}

/// <summary>Reads the small bodies of requests about data sets.</summary>
internal static class DatasetJsonBody
{
    /// <summary>Refuses a body that is no object, or that has other properties.</summary>
    public static void CheckProperties(JsonElement json, params string[] known)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw ServingException.MalformedAt("", "an object is expected, in braces.");
        foreach (var property in json.EnumerateObject().Where(property => !known.Contains(property.Name)))
        {
            var nearest = Suggestions.Nearest(property.Name, known);
            throw ServingException.MalformedAt(
                JsonPointer.Append("", property.Name),
                nearest is null
                    ? $"there is no such property. There are {string.Join(", ", known)}."
                    : $"there is no such property; did you mean '{nearest}'?"
            );
        }
    }

    /// <summary>A property that is a text; null when it is left out or null.</summary>
    public static string? Text(JsonElement json, string name) =>
        !json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw ServingException.MalformedAt(JsonPointer.Append("", name), "a text in quotes is expected.");
}
