using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>Suggests the cause of a mismatch where the differences follow a known pattern.</summary>
internal static class MismatchSuggestions
{
    private const int MaxPrefixes = 8;

    /// <summary>Sentences for the client, one for each pattern that applies.</summary>
    /// <param name="missing">Tensors of the architecture that the file lacks, without counters.</param>
    /// <param name="unexpected">Tensors of the file that the architecture lacks.</param>
    /// <param name="beside">Names in the file without the prefix of the network's tensors.</param>
    /// <param name="shapes">Tensors that have another shape in the file.</param>
    /// <param name="head">Key of the head, the layer that gives the class scores.</param>
    /// <param name="names">How the names were compared.</param>
    public static IReadOnlyList<string> For(
        IReadOnlyList<TensorSpec> missing,
        IReadOnlyList<StoredTensor> unexpected,
        IReadOnlyList<string> beside,
        IReadOnlyList<ShapeMismatch> shapes,
        string head,
        NameMapping names
    )
    {
        if (names.Explain() is { } choice)
            return [choice];
        StoredTensor[] others =
        [
            .. unexpected.Where(tensor => !tensor.Name.EndsWith(".num_batches_tracked", StringComparison.Ordinal)),
        ];
        return
        [
            .. new[]
            {
                UnknownPrefix(names, unexpected.Count + beside.Count, beside),
                Reparametrization.Explain(missing, others),
                Prefix(missing, others),
                Head(missing, others, shapes, head),
                OtherNames(missing, others, head),
            }.OfType<string>(),
        ];
    }

    /// <summary>A sentence if no name in the file has the client's prefix; otherwise null.</summary>
    private static string? UnknownPrefix(NameMapping names, int unexpected, IReadOnlyList<string> beside) =>
        names.Prefix.Length > 0 && beside.Count > 0 && beside.Count == unexpected && names.Fitting == 0
            ? $"No name in the file begins with the prefix {Unreadable.Quote(names.Prefix)}; "
                + $"the first name is {Unreadable.Quote(beside[0])}."
            : null;

    /// <summary>
    /// A sentence about a prefix without which at least half of the missing names would be there; otherwise null.
    /// <see cref="NameMapper"/> didn't remove the prefix: more of the tensors that fit don't have it.
    /// </summary>
    private static string? Prefix(IReadOnlyList<TensorSpec> missing, StoredTensor[] others)
    {
        var needed = missing.Select(spec => spec.Name).ToHashSet();
        var prefix = others
            .SelectMany(tensor =>
                Prefixes(tensor.Name).Take(MaxPrefixes).Where(prefix => needed.Contains(tensor.Name[prefix.Length..]))
            )
            .GroupBy(prefix => prefix)
            .OrderByDescending(group => group.Count())
            .FirstOrDefault();
        if (prefix is null || prefix.Count() * 2 < needed.Count)
            return null;
        var quoted = Unreadable.Quote(prefix.Key);
        return $"{prefix.Count()} of the missing tensors are in the file with the prefix {quoted}. "
            + $"Save them without it: {{k.removeprefix({quoted}): v for k, v in state_dict.items()}}.";
    }

    private static IEnumerable<string> Prefixes(string name)
    {
        for (var dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
            yield return name[..(dot + 1)];
    }

    /// <summary>A sentence if only the head is missing or has another number of outputs; otherwise null.</summary>
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

        var onlyHead =
            missing.Count == 0
            && shapes.All(shape =>
                TensorSpec.LayerOf(shape.Name) == head && DiffersInOutputs(shape.Expected, shape.Found)
            );
        if (!onlyHead)
            return null;
        var ignored = others switch
        {
            [] => "",
            [var only] => $" and to ignore the unexpected tensor {Unreadable.Quote(only.Name)}",
            [var first, ..] => $" and to ignore the unexpected tensors ({Unreadable.Quote(first.Name)}, ...)",
        };
        return $"Only the head differs: it has {shapes[0].Found[0]} outputs in the file and {shapes[0].Expected[0]} "
            + "in the architecture. Change the architecture's number of classes, or load with allow_partial to begin "
            + $"with a random head{ignored}.";
    }

    /// <summary>
    /// A sentence if the missing and the unexpected tensors form the same layers under other names; otherwise null. The
    /// order of the layers may differ, and so may the number of the head's outputs.
    /// </summary>
    private static string? OtherNames(IReadOnlyList<TensorSpec> missing, StoredTensor[] others, string head)
    {
        if (missing.Count == 0 || missing.Count != others.Length)
            return null;
        var unmatched = Layers(others.Select(tensor => (tensor.Name, tensor.Shape)))
            .GroupBy(layer => layer.Kind)
            .ToDictionary(same => same.Key, same => new Queue<Layer>(same));
        var pairs = new List<(Layer Wanted, Layer Found)>();
        Layer? differingHead = null;
        foreach (var wanted in Layers(missing.Select(spec => (spec.Name, spec.Shape))))
        {
            if (unmatched.TryGetValue(wanted.Kind, out var same) && same.TryDequeue(out var found))
                pairs.Add((wanted, found));
            else if (wanted.Key == head)
                differingHead = wanted;
            else
                return null;
        }

        if (differingHead is not null)
        {
            Layer[] rest = [.. unmatched.Values.SelectMany(same => same)];
            if (rest is not [var other] || !differingHead.DiffersInOutputs(other))
                return null;
            pairs.Add((differingHead, other));
        }

        // The example is taken from the kind with the fewest layers: layers of the same kind can't be told apart.
        var (first, second) = pairs.GroupBy(pair => pair.Wanted.Kind).MinBy(same => same.Count())!.First();
        var suffix = first.Tensors[0].Suffix;
        var names = $"({Unreadable.Quote(second.Key + suffix)} corresponds to {Unreadable.Quote(first.Key + suffix)})";
        return differingHead is null
            ? "The missing and the unexpected tensors have the same shapes, so only the names seem to differ: "
                + $"name the layers as in the file {names}."
            : $"The missing and the unexpected tensors seem to be the same under other names {names}, and the head has "
                + $"{pairs[^1].Found.Outputs} outputs in the file and {differingHead.Outputs} in the architecture: "
                + "load with allow_partial to begin with a random head.";
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
        /// <summary>Equal for layers whose tensors have the same suffixes and shapes.</summary>
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
