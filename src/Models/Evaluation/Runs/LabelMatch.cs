using ModelService.Models.Errors;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>Finds the classes of a model for the labels of a data set.</summary>
internal static class LabelMatch
{
    private const int MostNamed = 20;

    /// <summary>The names of a model's classes: its labels, or else the index of each class.</summary>
    /// <param name="labels">The labels; null for a model without.</param>
    /// <param name="classes">The number of classes.</param>
    public static IReadOnlyList<string> NamesOf(IReadOnlyList<string>? labels, int classes) =>
        labels ?? [.. Enumerable.Range(0, classes).Select(index => $"{index}")];

    /// <summary>Matches labels by their text.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="names">The names of its classes.</param>
    /// <param name="labels">The labels of the images.</param>
    /// <returns>
    /// The index of the class of each label; or <see cref="ErrorCode.LabelsUnknown"/>, with every label that the model
    /// does not know, and the class that was probably meant, or with a label that several classes have.
    /// </returns>
    public static Outcome<IReadOnlyDictionary<string, int>> Find(
        string model,
        IReadOnlyList<string> names,
        IEnumerable<string> labels
    )
    {
        var indices = names.Index().ToLookup(item => item.Item, item => item.Index);
        List<string> wanted = [.. labels.Distinct().Order(StringComparer.Ordinal)];
        if (wanted.FirstOrDefault(label => indices[label].Skip(1).Any()) is { } shared)
        {
            var classes = string.Join(", ", indices[shared].Take(MostNamed));
            var detail =
                $"The classes {classes} of the model '{model}' are all called '{Suggestions.Shorten(shared)}'. "
                + $"Give each a label of its own with PATCH /v1/models/{model}.";
            return new Failure(ErrorCode.LabelsUnknown, detail) { Errors = [new ErrorDetail("/dataset", detail)] };
        }

        List<string> unknown = [.. wanted.Where(label => !indices.Contains(label))];
        if (unknown.Count == 0)
            return wanted.ToDictionary(label => label, label => indices[label].Single());
        var known = string.Join(", ", names.Take(MostNamed).Select(name => $"'{Suggestions.Shorten(name)}'"));
        return new Failure(
            ErrorCode.LabelsUnknown,
            $"The model '{model}' has no class for {unknown.Count} of the {wanted.Count} labels, such as "
                + $"{Describe(unknown[0], names)}. Its {names.Count} classes are {known}"
                + $"{(names.Count > MostNamed ? ", ..." : "")}. Change the labels of the images, or those of the model "
                + $"with PATCH /v1/models/{model}."
        )
        {
            Errors =
            [
                .. unknown
                    .Take(MostNamed)
                    .Select(label => new ErrorDetail(
                        "/dataset",
                        $"The model has no class for the label {Describe(label, names)}."
                    )),
            ],
        };
    }

    private static string Describe(string label, IReadOnlyList<string> names) =>
        Suggestions.Nearest(label, names) is { } nearest
            ? $"'{Suggestions.Shorten(label)}' (did you mean '{Suggestions.Shorten(nearest)}'?)"
            : $"'{Suggestions.Shorten(label)}'";
}
