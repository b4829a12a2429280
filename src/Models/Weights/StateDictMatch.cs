using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>Compares the tensors of a file to those of an architecture, by name and shape.</summary>
public static class StateDictMatch
{
    /// <summary>
    /// Pairs the tensors by name. The prefixes <c>module.</c>, <c>model.</c> and <c>network.</c>, also in combination,
    /// are ignored if every name in the file has them and no expected name does.
    /// </summary>
    /// <param name="expected">The architecture's tensors, in its order; names are unique.</param>
    /// <param name="stored">The file's tensors.</param>
    /// <param name="head">
    /// Key of the head, the layer that gives the class scores; null for the layer of the last tensor.
    /// </param>
    public static WeightsReport Compare(
        IReadOnlyList<TensorSpec> expected,
        IReadOnlyList<StoredTensor> stored,
        string? head = null
    )
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(stored);
        var prefix = NamePrefix.Find(
            [.. expected.Select(spec => spec.Name)],
            [.. stored.Select(tensor => tensor.Name)]
        );
        var unmatched = stored.ToDictionary(tensor => tensor.Name[prefix.Length..]);
        var pairs = new List<TensorPair>();
        var missing = new List<TensorSpec>();
        var shapes = new List<ShapeMismatch>();
        foreach (var spec in expected)
        {
            if (!unmatched.Remove(spec.Name, out var tensor))
                missing.Add(spec);
            else if (Fits(spec, tensor))
                pairs.Add(new TensorPair(spec, tensor));
            else
                shapes.Add(new ShapeMismatch(spec.Name, spec.Shape, tensor.Shape));
        }

        head ??= expected.Count == 0 ? "" : expected[^1].Layer;
        StoredTensor[] unexpected = [.. stored.Where(tensor => unmatched.ContainsKey(tensor.Name[prefix.Length..]))];
        var renamed =
            prefix.Length == 0
                ? []
                : stored.Select(tensor => new RenamedTensor(tensor.Name, tensor.Name[prefix.Length..])).ToList();
        return new WeightsReport(pairs, missing, [.. unexpected.Select(tensor => tensor.Name)], shapes, renamed)
        {
            Suggestions = MismatchSuggestions.For(
                [.. missing.Where(spec => !spec.IsCounter)],
                unexpected,
                shapes,
                head
            ),
            MissingOfPartialLayers = MissingOfPartialLayers(pairs, missing, head),
        };
    }

    /// <summary>
    /// Whether the shapes are equal. A counter may also be a list of one number: early versions of PyTorch stored
    /// single numbers that way.
    /// </summary>
    private static bool Fits(TensorSpec spec, StoredTensor tensor) =>
        spec.Shape.SequenceEqual(tensor.Shape)
        || (spec.IsCounter && tensor.ElementCount == 1 && tensor.Shape.Count <= 1);

    private static IReadOnlyList<string> MissingOfPartialLayers(
        List<TensorPair> pairs,
        List<TensorSpec> missing,
        string head
    )
    {
        var found = pairs.Where(pair => !pair.Expected.IsCounter).Select(pair => pair.Expected.Layer).ToHashSet();
        return
        [
            .. missing
                .Where(spec => !spec.IsCounter && spec.Layer != head && found.Contains(spec.Layer))
                .Select(spec => spec.Name),
        ];
    }
}
