using System.Text.Json.Serialization;
using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>The comparison of the tensors of a file, or of another model, and those of an architecture.</summary>
public sealed record WeightsReport
{
    // A file may hold thousands of names that the architecture lacks, and every answer about the model repeats the
    // report.
    private const int MaxFileNames = 1000;

    internal WeightsReport(
        IReadOnlyList<TensorPair> pairs,
        IReadOnlyList<TensorPair> kept,
        IReadOnlyList<TensorSpec> missing,
        IReadOnlyList<string> unexpected,
        IReadOnlyList<string> beside,
        IReadOnlyList<ShapeMismatch> shapeMismatch,
        IReadOnlyList<RenamedTensor> renamed,
        IReadOnlyList<SkippedEntry> skipped
    )
    {
        Pairs = pairs;
        KeptPairs = kept;
        Kept = [.. kept.Select(pair => new KeptTensor(pair.Expected.Name, pair.Expected.Shape))];
        MissingSpecs = missing;
        Missing = [.. missing.Select(spec => spec.Name)];
        Loaded = [.. pairs.Select(pair => pair.Expected.Name)];
        Mismatched = [.. unexpected.Take(MaxFileNames).Select(Unreadable.Shorten)];
        MoreMismatched = unexpected.Count - Mismatched.Count;
        Unexpected = [.. unexpected.Concat(beside).Take(MaxFileNames).Select(Unreadable.Shorten)];
        MoreUnexpected = unexpected.Count + beside.Count - Unexpected.Count;
        ShapeMismatch = shapeMismatch;
        DtypeConverted = [.. pairs.Select(Converted).OfType<ConvertedTensor>()];
        Renamed =
        [
            .. renamed
                .Take(MaxFileNames)
                .Select(tensor => new RenamedTensor(Unreadable.Shorten(tensor.From), Unreadable.Shorten(tensor.To))),
        ];
        MoreRenamed = renamed.Count - Renamed.Count;
        Skipped = [.. skipped.Take(MaxFileNames).Select(entry => entry with { Name = Unreadable.Shorten(entry.Name) })];
        IsMatch = !IsEmpty && missing.All(spec => spec.IsCounter) && unexpected.Count == 0 && shapeMismatch.Count == 0;
    }

    // For reports that were stored with a model.
    [JsonConstructor]
    private WeightsReport() { }

    /// <summary>
    /// Whether the file has exactly the tensors of the architecture, and at least one. Counters may be missing. If the
    /// network's tensors have a prefix in the file, there may be others without it.
    /// </summary>
    [JsonPropertyName("matches"), JsonInclude]
    public bool IsMatch { get; private init; }

    /// <summary>
    /// Whether the weights of the head, the layer that gives the class scores, are loaded; null for a network without
    /// weights.
    /// </summary>
    [JsonInclude]
    public HeadState? Head { get; internal init; }

    /// <summary>The file's format; null when the tensors come from another model.</summary>
    [JsonInclude]
    public WeightsFormat? Format { get; internal init; }

    /// <summary>
    /// The key under which the file has the state dict, such as <c>state_dict</c>; nested keys are joined by dots.
    /// </summary>
    [JsonInclude]
    public string? Wrapper { get; internal init; }

    /// <summary>SHA-256 of the file, in hexadecimal.</summary>
    [JsonInclude]
    public string? Sha256 { get; internal init; }

    /// <summary>Sizes of the file, the loaded tensors and the model.</summary>
    [JsonInclude]
    public WeightsSizes? Sizes { get; internal init; }

    /// <summary>Names of the tensors that fit, in the architecture's order.</summary>
    [JsonInclude]
    public IReadOnlyList<string> Loaded { get; private init; } = [];

    /// <summary>
    /// The tensors of <c>training_only</c> layers that the file has: stored and given back with the loaded ones.
    /// </summary>
    [JsonInclude]
    public IReadOnlyList<KeptTensor> Kept { get; private init; } = [];

    /// <summary>
    /// Names of the loaded tensors that were random in the file or model they come from, and so still are.
    /// </summary>
    [JsonInclude]
    public IReadOnlyList<string> RandomAtSource { get; internal init; } = [];

    /// <summary>Names of the tensors that the file lacks. Counters are listed, but don't count as a mismatch.</summary>
    [JsonInclude]
    public IReadOnlyList<string> Missing { get; private init; } = [];

    /// <summary>
    /// Names in the file that the architecture lacks: the first 1,000, each cut after 120 characters.
    /// </summary>
    [JsonInclude]
    public IReadOnlyList<string> Unexpected { get; private init; } = [];

    /// <summary>Number of unexpected names beyond those listed.</summary>
    [JsonInclude]
    public int MoreUnexpected { get; private init; }

    /// <summary>Tensors that have another shape in the file.</summary>
    [JsonInclude]
    public IReadOnlyList<ShapeMismatch> ShapeMismatch { get; private init; } = [];

    /// <summary>Tensors that fit but are stored in another element type.</summary>
    [JsonInclude]
    public IReadOnlyList<ConvertedTensor> DtypeConverted { get; private init; } = [];

    /// <summary>
    /// Names without a prefix, or a wrapper's word, that they have in the file: the first 1,000, each cut after 120
    /// characters.
    /// </summary>
    [JsonInclude]
    public IReadOnlyList<RenamedTensor> Renamed { get; private init; } = [];

    /// <summary>Number of renamed tensors beyond those listed.</summary>
    [JsonInclude]
    public int MoreRenamed { get; private init; }

    /// <summary>
    /// Entries of the state dict that are not read, since they are not tensors or of another element type: the first
    /// 1,000. The network doesn't need them.
    /// </summary>
    [JsonInclude]
    public IReadOnlyList<SkippedEntry> Skipped { get; private init; } = [];

    /// <summary>Sentences about the likely cause of a mismatch; usually none.</summary>
    [JsonInclude]
    public IReadOnlyList<string> Suggestions { get; internal init; } = [];

    /// <summary>The tensors that fit, for copying; valid while the file is open.</summary>
    [JsonIgnore]
    public IReadOnlyList<TensorPair> Pairs { get; internal init; } = [];

    /// <summary>The tensors of <see cref="Kept"/>, for copying; valid while the file is open.</summary>
    [JsonIgnore]
    internal IReadOnlyList<TensorPair> KeptPairs { get; init; } = [];

    internal IReadOnlyList<TensorSpec> MissingSpecs { get; } = [];

    /// <summary>The unexpected names that are a mismatch: those that are not beside the network's prefix.</summary>
    internal IReadOnlyList<string> Mismatched { get; } = [];

    /// <summary>Number of such names beyond those listed.</summary>
    internal int MoreMismatched { get; }

    /// <summary>Whether several prefixes fit, of which the client must choose one.</summary>
    internal bool HasPrefixChoices { get; init; }

    internal bool IsEmpty => Loaded.Count == 0 && Unexpected.Count == 0 && ShapeMismatch.Count == 0;

    /// <summary>
    /// Names of the missing tensors whose layer is partly in the file, without those of the head. They can't be left
    /// random: a trained layer with a random part is useless.
    /// </summary>
    internal IReadOnlyList<string> MissingOfPartialLayers { get; init; } = [];

    /// <summary>Throws unless the weights match.</summary>
    /// <param name="allowPartial">
    /// Whether to accept weights of which a part fits. At least one tensor must fit, and no layer except the head may
    /// be in the file only in part.
    /// </param>
    /// <exception cref="Errors.ServingException">
    /// <c>weights_mismatch</c>, with a sentence, an error for each tensor and this report.
    /// </exception>
    public void ThrowIfMismatched(bool allowPartial = false)
    {
        var fitsInPart = MissingOfPartialLayers.Count == 0 && Pairs.Any(pair => !pair.Expected.IsCounter);
        if (IsMatch || (allowPartial && fitsInPart && !HasPrefixChoices))
            return;
        throw MismatchText.Error(this, allowPartial);
    }

    private static ConvertedTensor? Converted(TensorPair pair)
    {
        var target = pair.Expected.IsCounter ? WeightsDtype.Int64 : WeightsDtype.Float32;
        return pair.Stored.Dtype == target
            ? null
            : new ConvertedTensor(pair.Expected.Name, pair.Stored.Dtype.Text(), target.Text());
    }
}
