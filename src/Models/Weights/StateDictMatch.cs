using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>Compares the tensors of a file to those of an architecture, by name and shape.</summary>
public static class StateDictMatch
{
    /// <summary>Longest name of an entry that can be one of a tensor. Longer ones cost time to compare.</summary>
    private const int MaxName = 4096;

    /// <summary>
    /// Most numbers of a tensor that is read in the file's shape, 256 MB: the memory of the others is known before.
    /// </summary>
    internal const long MostInShapeOfFile = 1 << 26;

    /// <summary>
    /// Pairs the tensors by name. A prefix that the network's tensors share in the file is left out, and so are the
    /// words that wrappers put inside names. Tensors beside the prefix don't belong to the network.
    /// </summary>
    /// <param name="expected">The architecture's tensors, in its order; names are unique.</param>
    /// <param name="stored">The file's tensors.</param>
    /// <param name="head">
    /// Key of the head, the layer that gives the class scores; null for the layer of the last tensor.
    /// </param>
    /// <param name="skipped">The entries beside the tensors.</param>
    /// <param name="prefix">The prefix; empty: the names have none. Null: the one that fits.</param>
    /// <param name="training">
    /// Tensors that only training uses, which the file may have: they are kept, and not loaded. Their layers may have
    /// another number of outputs there, since nothing computes with them: many who train further replace the classes of
    /// the head alone.
    /// </param>
    /// <exception cref="Errors.ServingException">
    /// <c>weights_unreadable</c>: an entry that was skipped has the name of a tensor of the architecture.
    /// </exception>
    public static WeightsReport Compare(
        IReadOnlyList<TensorSpec> expected,
        IReadOnlyList<StoredTensor> stored,
        string? head = null,
        IReadOnlyList<SkippedEntry>? skipped = null,
        string? prefix = null,
        IReadOnlyList<TensorSpec>? training = null
    )
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(stored);
        var map = KeyMap.Find(expected, stored);
        IReadOnlyList<RenamedTensor> mapped = [];
        if (map is not null)
            (stored, mapped) = map.Apply(stored, expected);
        var names = new NameMapper(expected, prefix).Map([.. stored.Select(tensor => (tensor.Name, tensor.Shape))]);
        var unmatched = new Dictionary<string, StoredTensor>();
        var beside = new List<string>();
        foreach (var tensor in stored)
        {
            if (names.Find(tensor.Name) is not { } name || !unmatched.TryAdd(name, tensor))
                beside.Add(tensor.Name);
        }

        var pairs = new List<TensorPair>();
        var missing = new List<TensorSpec>();
        var shapes = new List<ShapeMismatch>();
        foreach (var spec in expected)
        {
            if (!unmatched.Remove(spec.Name, out var tensor))
                missing.Add(spec);
            else if (Fits(spec, tensor))
                pairs.Add(new TensorPair(spec, tensor));
            else if (PositionGrid.Resize(spec, tensor) is { } resized)
                pairs.Add(new TensorPair(spec, resized));
            else
                shapes.Add(new ShapeMismatch(spec.Name, spec.Shape, tensor.Shape));
        }

        var kept = new List<TensorPair>();
        foreach (var spec in training ?? [])
        {
            if (!unmatched.TryGetValue(spec.Name, out var tensor))
                continue;
            if (!Fits(spec, tensor) && !FitsButForOutputs(spec, tensor))
                continue;
            unmatched.Remove(spec.Name);
            kept.Add(new TensorPair(spec.IsCounter ? spec : spec with { Shape = tensor.Shape }, tensor));
        }

        ThrowIfSkipped(missing, skipped ?? [], names);
        head ??= expected.Count == 0 ? "" : expected[^1].Layer;
        if (shapes.Count == 0 && missing.All(spec => spec.IsCounter))
        {
            foreach (var (name, tensor) in unmatched.Where(item => IsCounter(item.Key, item.Value)).ToList())
            {
                unmatched.Remove(name);
                beside.Add(tensor.Name);
            }
        }

        StoredTensor[] unexpected = [.. unmatched.Values];
        return new WeightsReport(
            pairs,
            kept,
            missing,
            [.. unexpected.Select(tensor => tensor.Name)],
            beside,
            shapes,
            [
                .. mapped.Select(tensor => tensor with { To = names.Find(tensor.To) ?? tensor.To }),
                .. stored
                    .ExceptBy(mapped.Select(tensor => tensor.To), tensor => tensor.Name)
                    .Select(tensor => Renamed(tensor.Name, names))
                    .OfType<RenamedTensor>(),
            ],
            skipped ?? []
        )
        {
            HasPrefixChoices = names.Choices.Count > 0,
            Suggestions =
            [
                .. Explain(map),
                .. MismatchSuggestions.For(
                    [.. missing.Where(spec => !spec.IsCounter)],
                    unexpected,
                    beside,
                    shapes,
                    head,
                    names
                ),
            ],
            MissingOfPartialLayers = MissingOfPartialLayers(pairs, missing, head),
        };
    }

    private static IEnumerable<string> Explain(KeyMap? map) =>
        map is null ? [] : [$"The names are those of {map.Of}. {map.Note}".TrimEnd()];

    /// <summary>
    /// Whether a tensor that the architecture lacks is one whole number of no layer, such as <c>n_averaged</c>. Another
    /// number, such as <c>logit_scale</c>, could be a part of the network.
    /// </summary>
    private static bool IsCounter(string name, StoredTensor tensor) =>
        tensor.ElementCount == 1
        && tensor.Dtype is WeightsDtype.Int64 or WeightsDtype.Int32 or WeightsDtype.Bool
        && !name.Contains('.', StringComparison.Ordinal);

    private static RenamedTensor? Renamed(string name, NameMapping names) =>
        names.Find(name) is { } renamed && renamed != name ? new RenamedTensor(name, renamed) : null;

    /// <summary>
    /// Whether the shapes are equal. A counter may also be a list of one number: early versions of PyTorch stored
    /// single numbers that way.
    /// </summary>
    private static bool Fits(TensorSpec spec, StoredTensor tensor) =>
        spec.Shape.SequenceEqual(tensor.Shape)
        || (spec.IsCounter && tensor.ElementCount == 1 && tensor.Shape.Count <= 1);

    private static bool FitsButForOutputs(TensorSpec spec, StoredTensor tensor) =>
        spec.Shape.Count == tensor.Shape.Count
        && spec.Shape.Skip(1).SequenceEqual(tensor.Shape.Skip(1))
        && tensor.ElementCount <= MostInShapeOfFile;

    /// <summary>Refuses a file that has a needed tensor in a form that is not read.</summary>
    private static void ThrowIfSkipped(List<TensorSpec> missing, IReadOnlyList<SkippedEntry> skipped, NameMapping names)
    {
        if (skipped.Count == 0)
            return;
        var needed = missing.Where(spec => !spec.IsCounter).Select(spec => spec.Name).ToHashSet();
        var found = skipped.FirstOrDefault(entry =>
            entry.Name.Length <= MaxName && names.Find(entry.Name) is { } name && needed.Contains(name)
        );
        if (found is not null)
        {
            throw Unreadable.Because(
                $"The state dict holds {found.Found} under {Unreadable.Quote(found.Name)}, not a tensor that is read."
            );
        }
    }

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
