using System.Text.Json.Serialization;
using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>How the tensors of a file, or of another model, compare to those an architecture wants.</summary>
public sealed record WeightsReport
{
    // What only the network bounds is listed whole. A file may hold thousands of names, and every answer about its model would repeat them.
    private const int MostOfTheFilesNames = 1000;

    internal WeightsReport(
        IReadOnlyList<TensorPair> pairs,
        IReadOnlyList<TensorSpec> missing,
        IReadOnlyList<string> unexpected,
        IReadOnlyList<ShapeMismatch> shapeMismatch,
        IReadOnlyList<RenamedTensor> renamed
    )
    {
        Pairs = pairs;
        MissingSpecs = missing;
        Missing = [.. missing.Select(spec => spec.Name)];
        Loaded = [.. pairs.Select(pair => pair.Expected.Name)];
        Unexpected = [.. unexpected.Take(MostOfTheFilesNames).Select(Unreadable.Shorten)];
        MoreUnexpected = unexpected.Count - Unexpected.Count;
        ShapeMismatch = shapeMismatch;
        DtypeConverted = [.. pairs.Select(Converted).OfType<ConvertedTensor>()];
        Renamed =
        [
            .. renamed
                .Take(MostOfTheFilesNames)
                .Select(tensor => new RenamedTensor(Unreadable.Shorten(tensor.From), Unreadable.Shorten(tensor.To))),
        ];
        MoreRenamed = renamed.Count - Renamed.Count;
        IsMatch = !IsEmpty && missing.All(spec => spec.IsCounter) && unexpected.Count == 0 && shapeMismatch.Count == 0;
    }

    // One that was kept with its model is read back.
    [JsonConstructor]
    private WeightsReport() { }

    /// <summary>The file has tensors, and exactly those that are wanted; counters may be missing.</summary>
    [JsonPropertyName("matches"), JsonInclude]
    public bool IsMatch { get; private init; }

    /// <summary>Whether the layer that gives the class scores has weights from here; null for a network that has none.</summary>
    [JsonInclude]
    public HeadState? Head { get; internal init; }

    /// <summary>The file's format; null when the tensors come from another model.</summary>
    [JsonInclude]
    public WeightsFormat? Format { get; internal init; }

    /// <summary>The key under which the weights stood, such as <c>state_dict</c>; several are joined by dots.</summary>
    [JsonInclude]
    public string? Wrapper { get; internal init; }

    /// <summary>SHA-256 of the file, in hexadecimal.</summary>
    [JsonInclude]
    public string? Sha256 { get; internal init; }

    /// <summary>How large all is.</summary>
    [JsonInclude]
    public WeightsSizes? Sizes { get; internal init; }

    /// <summary>Names of the tensors that fit, in the architecture's order.</summary>
    [JsonInclude]
    public IReadOnlyList<string> Loaded { get; private init; } = [];

    /// <summary>Names of those that are loaded but random where they come from, so that they still are.</summary>
    [JsonInclude]
    public IReadOnlyList<string> RandomAtSource { get; internal init; } = [];

    /// <summary>Names of the tensors that the file lacks, counters included, though those are no mismatch.</summary>
    [JsonInclude]
    public IReadOnlyList<string> Missing { get; private init; } = [];

    /// <summary>Names in the file that the architecture doesn't know: the first 1,000, each cut after 120 characters.</summary>
    [JsonInclude]
    public IReadOnlyList<string> Unexpected { get; private init; } = [];

    /// <summary>How many more of those there are.</summary>
    [JsonInclude]
    public int MoreUnexpected { get; private init; }

    /// <summary>Tensors that have another shape.</summary>
    [JsonInclude]
    public IReadOnlyList<ShapeMismatch> ShapeMismatch { get; private init; } = [];

    /// <summary>Tensors that fit but are stored in another element type.</summary>
    [JsonInclude]
    public IReadOnlyList<ConvertedTensor> DtypeConverted { get; private init; } = [];

    /// <summary>Names whose prefix was left out: the first 1,000, each cut after 120 characters.</summary>
    [JsonInclude]
    public IReadOnlyList<RenamedTensor> Renamed { get; private init; } = [];

    /// <summary>How many more of those there are.</summary>
    [JsonInclude]
    public int MoreRenamed { get; private init; }

    /// <summary>Sentences about what is likely the matter; mostly none.</summary>
    [JsonInclude]
    public IReadOnlyList<string> Suggestions { get; internal init; } = [];

    /// <summary>The tensors that fit, to be copied; valid while the file is open.</summary>
    [JsonIgnore]
    public IReadOnlyList<TensorPair> Pairs { get; internal init; } = [];

    internal IReadOnlyList<TensorSpec> MissingSpecs { get; } = [];

    internal bool IsEmpty => Loaded.Count == 0 && Unexpected.Count == 0 && ShapeMismatch.Count == 0;

    /// <summary>Missing tensors of layers that the file has in part, the head's left out: no one would want just these random.</summary>
    internal IReadOnlyList<string> TornOff { get; init; } = [];

    /// <summary>Refuses everything but a match.</summary>
    /// <param name="allowPartial">Takes what fits, as long as something does and no layer but the head is in the file just in part.</param>
    /// <exception cref="Errors.ServingException"><c>weights_mismatch</c> with a sentence, an error for each tensor and this report.</exception>
    public void ThrowIfMismatched(bool allowPartial = false)
    {
        if (IsMatch || (allowPartial && TornOff.Count == 0 && Pairs.Any(pair => !pair.Expected.IsCounter)))
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
