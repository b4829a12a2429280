using ModelService.Models.Tensors;

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
        IReadOnlyList<TensorSpec> missing,
        IReadOnlyList<StoredTensor> unexpected,
        IReadOnlyList<ShapeMismatch> shapes,
        string head
    )
    {
        StoredTensor[] others =
        [
            .. unexpected.Where(tensor => !tensor.Name.EndsWith(".num_batches_tracked", StringComparison.Ordinal)),
        ];
        return
        [
            .. new[]
            {
                Prefix(missing, others),
                Head(missing, others, shapes, head),
                OtherNames(missing, others, head),
            }.OfType<string>(),
        ];
    }

    /// <summary>Names that would fit without something before them that isn't on all of the file's names, or is no usual prefix.</summary>
    private static string? Prefix(IReadOnlyList<TensorSpec> missing, StoredTensor[] others)
    {
        var needed = missing.Select(spec => spec.Name).ToHashSet();
        var prefix = others
            .SelectMany(tensor =>
                Prefixes(tensor.Name).Take(MostPrefixes).Where(prefix => needed.Contains(tensor.Name[prefix.Length..]))
            )
            .GroupBy(prefix => prefix)
            .OrderByDescending(group => group.Count())
            .FirstOrDefault();
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

    private static string? Head(
        IReadOnlyList<TensorSpec> missing,
        StoredTensor[] others,
        IReadOnlyList<ShapeMismatch> shapes,
        string head
    )
    {
        if (shapes.Count == 0)
        {
            return others.Length == 0 && missing.Count > 0 && missing.All(spec => spec.Layer == head)
                ? "Only the head is missing: load with allow_partial to begin with a random one."
                : null;
        }

        return
            missing.Count == 0
            && shapes.All(shape =>
                TensorSpec.LayerOf(shape.Name) == head && DiffersInOutputs(shape.Expected, shape.Found)
            )
            ? $"Only the head differs: it has {shapes[0].Found[0]} outputs in the file and {shapes[0].Expected[0]} in the "
                + "architecture. Change the architecture's number of classes, or load with allow_partial to begin with a random head"
                + (
                    others.Length == 0
                        ? "."
                        : $", without what the architecture doesn't know ({Unreadable.Quote(others[0].Name)}{(others.Length == 1 ? "" : ", ...")})."
                )
            : null;
    }

    /// <summary>The same layers by their tensors' shapes, in whatever order the file has them, but for the head's number of outputs.</summary>
    private static string? OtherNames(IReadOnlyList<TensorSpec> missing, StoredTensor[] others, string head)
    {
        if (missing.Count == 0 || missing.Count != others.Length)
            return null;
        var left = Layers(others.Select(tensor => (tensor.Name, tensor.Shape)))
            .GroupBy(layer => layer.Kind)
            .ToDictionary(same => same.Key, same => new Queue<Layer>(same));
        var pairs = new List<(Layer Wanted, Layer Found)>();
        Layer? unlike = null;
        foreach (var wanted in Layers(missing.Select(spec => (spec.Name, spec.Shape))))
        {
            if (left.TryGetValue(wanted.Kind, out var same) && same.TryDequeue(out var found))
                pairs.Add((wanted, found));
            else if (wanted.Key == head)
                unlike = wanted;
            else
                return null;
        }

        if (unlike is not null)
        {
            if (left.Values.SelectMany(same => same).ToList() is not [var other] || !unlike.DiffersInOutputs(other))
                return null;
            pairs.Add((unlike, other));
        }

        // Of layers that are alike, the one may stand for any other.
        var (first, second) = pairs.GroupBy(pair => pair.Wanted.Kind).MinBy(same => same.Count())!.First();
        var suffix = first.Tensors[0].Suffix;
        var names = $"({Unreadable.Quote(second.Key + suffix)} stands for {Unreadable.Quote(first.Key + suffix)})";
        return unlike is null
            ? $"The missing and the unexpected tensors have the same shapes, so just the names seem to differ: name the layers as the file does {names}."
            : $"The missing and the unexpected tensors seem to be the same under other names {names}, and the head has "
                + $"{pairs[^1].Found.Outputs} outputs in the file and {unlike.Outputs} in the architecture: load with "
                + "allow_partial to begin with a random head.";
    }

    private static IEnumerable<Layer> Layers(IEnumerable<(string Name, IReadOnlyList<long> Shape)> tensors) =>
        tensors
            .GroupBy(tensor => TensorSpec.LayerOf(tensor.Name))
            .Select(layer => new Layer(
                layer.Key,
                [.. layer.Select(tensor => (tensor.Name[layer.Key.Length..], tensor.Shape))]
            ));

    private static bool DiffersInOutputs(IReadOnlyList<long> expected, IReadOnlyList<long> found) =>
        expected.Count > 0
        && expected.Count == found.Count
        && expected[0] != found[0]
        && expected.Skip(1).SequenceEqual(found.Skip(1));

    private sealed record Layer(string Key, IReadOnlyList<(string Suffix, IReadOnlyList<long> Shape)> Tensors)
    {
        /// <summary>The same for layers with the same tensors.</summary>
        public string Kind { get; } =
            string.Join(
                ';',
                Tensors
                    .Select(tensor => $"{tensor.Suffix}[{string.Join(',', tensor.Shape)}]")
                    .Order(StringComparer.Ordinal)
            );

        public long Outputs => Tensors[0].Shape[0];

        public bool DiffersInOutputs(Layer other) =>
            Tensors.Count == other.Tensors.Count
            && Tensors.All(mine =>
                other.Tensors.Any(theirs =>
                    mine.Suffix == theirs.Suffix && MismatchSuggestions.DiffersInOutputs(mine.Shape, theirs.Shape)
                )
            );
    }
}
