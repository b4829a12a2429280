using System.Text.Json.Serialization;

namespace ModelService.Models.Weights;

/// <summary>How the tensors of a file compare to those an architecture wants.</summary>
public sealed class WeightsReport
{
    internal WeightsReport(
        IReadOnlyList<TensorPair> pairs,
        IReadOnlyList<TensorSpec> missing,
        IReadOnlyList<string> unexpected,
        IReadOnlyList<ShapeMismatch> shapeMismatch,
        IReadOnlyList<RenamedTensor> renamed,
        IReadOnlyList<string> suggestions)
    {
        Pairs = pairs;
        MissingSpecs = missing;
        Missing = [.. missing.Select(spec => spec.Name)];
        Loaded = [.. pairs.Select(pair => pair.Expected.Name)];
        Unexpected = unexpected;
        ShapeMismatch = shapeMismatch;
        DtypeConverted = [.. pairs.Select(Converted).OfType<ConvertedTensor>()];
        Renamed = renamed;
        Suggestions = suggestions;
    }

    /// <summary>Names of the tensors that fit, in the architecture's order.</summary>
    public IReadOnlyList<string> Loaded { get; }

    /// <summary>Names of the tensors that the file lacks, counters included, though those are no mismatch.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Names in the file that the architecture doesn't know.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>Tensors that have another shape.</summary>
    public IReadOnlyList<ShapeMismatch> ShapeMismatch { get; }

    /// <summary>Tensors that fit but are stored in another element type.</summary>
    public IReadOnlyList<ConvertedTensor> DtypeConverted { get; }

    /// <summary>Every name whose prefix was left out.</summary>
    public IReadOnlyList<RenamedTensor> Renamed { get; }

    /// <summary>Sentences about what is likely the matter; mostly none.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Suggestions { get; }

    /// <summary>The tensors that fit, to be copied; valid while the file is open.</summary>
    [JsonIgnore]
    public IReadOnlyList<TensorPair> Pairs { get; }

    /// <summary>The file has tensors, and exactly those that are wanted; counters may be missing.</summary>
    [JsonIgnore]
    public bool IsMatch => !IsEmpty && MissingSpecs.All(spec => spec.IsCounter) && Unexpected.Count == 0 && ShapeMismatch.Count == 0;

    internal IReadOnlyList<TensorSpec> MissingSpecs { get; }

    internal bool IsEmpty => Pairs.Count == 0 && Unexpected.Count == 0 && ShapeMismatch.Count == 0;

    /// <summary>Refuses everything but a match.</summary>
    /// <exception cref="Errors.ServingException"><c>weights_mismatch</c> with a sentence, and an error for each tensor.</exception>
    public void ThrowIfMismatched()
    {
        if (!IsMatch)
            throw MismatchText.Error(this);
    }

    private static ConvertedTensor? Converted(TensorPair pair)
    {
        var target = pair.Expected.IsCounter ? WeightsDtype.Int64 : WeightsDtype.Float32;
        return pair.Stored.Dtype == target ? null : new ConvertedTensor(pair.Expected.Name, pair.Stored.Dtype.Text(), target.Text());
    }
}
