namespace ModelService.Models.Weights;

/// <summary>Guesses what is the matter where the differences have a pattern.</summary>
internal static class MismatchSuggestions
{
    private const int MostPrefixes = 8;

    /// <param name="missing">What the file lacks, counters left out.</param>
    /// <param name="unexpected">What the architecture doesn't know.</param>
    /// <param name="shapes">What has another shape.</param>
    /// <param name="head">Key of the layer that gives the class scores.</param>
    public static IReadOnlyList<string> For(
        IReadOnlyList<TensorSpec> missing, IReadOnlyList<StoredTensor> unexpected, IReadOnlyList<ShapeMismatch> shapes, string head)
    {
        StoredTensor[] others = [.. unexpected.Where(tensor => !tensor.Name.EndsWith(".num_batches_tracked", StringComparison.Ordinal))];
        return [.. new[] { Prefix(missing, others), Head(missing, others, shapes, head), OtherNames(missing, others, head) }.OfType<string>()];
    }

    /// <summary>Names that would fit without something before them that isn't on all of the file's names, or is no usual prefix.</summary>
    private static string? Prefix(IReadOnlyList<TensorSpec> missing, StoredTensor[] others)
    {
        var needed = missing.Select(spec => spec.Name).ToHashSet();
        var prefix = others.SelectMany(tensor => Prefixes(tensor.Name).Take(MostPrefixes).Where(prefix => needed.Contains(tensor.Name[prefix.Length..])))
            .GroupBy(prefix => prefix).OrderByDescending(group => group.Count()).FirstOrDefault();
        return prefix is null || prefix.Count() * 2 < needed.Count
            ? null
            : $"{prefix.Count()} of the missing tensors are there under the prefix {Unreadable.Quote(prefix.Key)}. Save them without it: "
                + $"{{k.removeprefix({Unreadable.Quote(prefix.Key)}): v for k, v in state_dict.items()}}.";
    }

    private static IEnumerable<string> Prefixes(string name)
    {
        for (var dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
            yield return name[..(dot + 1)];
    }

    private static string? Head(IReadOnlyList<TensorSpec> missing, StoredTensor[] others, IReadOnlyList<ShapeMismatch> shapes, string head)
    {
        if (others.Length > 0)
            return null;
        if (shapes.Count == 0)
        {
            return missing.Count > 0 && missing.All(spec => spec.Layer == head)
                ? "Only the head is missing: load with allow_partial to begin with a random one."
                : null;
        }

        return missing.Count == 0 && shapes.All(shape => TensorSpec.LayerOf(shape.Name) == head && DiffersInOutputs(shape.Expected, shape.Found))
            ? $"Only the head differs: it has {shapes[0].Found[0]} outputs in the file and {shapes[0].Expected[0]} in the "
                + "architecture. Change the architecture's number of classes, or load with allow_partial to begin with a random head."
            : null;
    }

    /// <summary>As many, of the same shapes in the same order, but for the head's number of outputs.</summary>
    private static string? OtherNames(IReadOnlyList<TensorSpec> missing, StoredTensor[] others, string head)
    {
        if (missing.Count == 0 || missing.Count != others.Length)
            return null;
        var pairs = missing.Zip(others).ToList();
        var different = pairs.Where(pair => !pair.First.Shape.SequenceEqual(pair.Second.Shape)).ToList();
        if (different.Exists(pair => pair.First.Layer != head || !DiffersInOutputs(pair.First.Shape, pair.Second.Shape)))
            return null;
        var names = $"({Unreadable.Quote(others[0].Name)} stands for {Unreadable.Quote(missing[0].Name)})";
        return different.Count == 0
            ? "The missing and the unexpected tensors have the same shapes in the same order, so just the names seem to differ: "
                + $"name the layers as the file does {names}."
            : $"The missing and the unexpected tensors seem to be the same under other names {names}, and the head has "
                + $"{different[0].Second.Shape[0]} outputs in the file and {different[0].First.Shape[0]} in the architecture: load with "
                + "allow_partial to begin with a random head.";
    }

    private static bool DiffersInOutputs(IReadOnlyList<long> expected, IReadOnlyList<long> found) =>
        expected.Count > 0 && expected.Count == found.Count && expected[0] != found[0] && expected.Skip(1).SequenceEqual(found.Skip(1));
}
