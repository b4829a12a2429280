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
        SmallBody.CheckProperties(json, "name", "classes");
        var name =
            SmallBody.Text(json, "name")
            ?? throw ServingException.MalformedAt("/name", "the name of the data set is missing.");
        return new CreateDatasetBody(name, SmallBody.Texts(json, "classes", "label"));
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
        SmallBody.CheckProperties(json, "label", "split", "group");
        if (!json.EnumerateObject().Any())
            throw ServingException.MalformedAt("", "the change is empty: give \"label\", \"split\" or \"group\".");
        var group = SmallBody.Text(json, "group");
        if (LabelRules.CheckGroup(group) is { } failure)
            throw new ServingException(failure);
        return new ImageUpdate(SmallBody.Text(json, "label"))
        {
            ChangesSplit = json.TryGetProperty("split", out _),
            Split = SmallBody.Text(json, "split") is { } split ? ReadSplit(split) : null,
            ChangesGroup = json.TryGetProperty("group", out _),
            Group = group,
        };
    }

    private static Split ReadSplit(string text) =>
        WireNames.Get(typeof(Split)).TryGetValue(text, out var split)
            ? (Split)split
            : throw ServingException.MalformedAt("/split", "a split is train, val or test.");
}

/// <summary>Reads bodies of a few properties.</summary>
internal static class SmallBody
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

    /// <summary>A property that is a list of texts; null when it is left out or null.</summary>
    /// <param name="json">The body.</param>
    /// <param name="name">The property.</param>
    /// <param name="item">What the list has, in the singular.</param>
    public static IReadOnlyList<string>? Texts(JsonElement json, string name, string item)
    {
        if (!json.TryGetProperty(name, out var list) || list.ValueKind == JsonValueKind.Null)
            return null;
        var pointer = JsonPointer.Append("", name);
        if (list.ValueKind != JsonValueKind.Array)
            throw ServingException.MalformedAt(pointer, $"a list of {item}s is expected.");
        return
        [
            .. list.EnumerateArray()
                .Select(
                    (value, index) =>
                        value.ValueKind == JsonValueKind.String
                            ? value.GetString()!
                            : throw ServingException.MalformedAt(
                                JsonPointer.Append(pointer, index),
                                $"a {item} is a text in quotes."
                            )
                ),
        ];
    }
}
