using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>The executor that computes a model.</summary>
[JsonConverter(typeof(WireEnumConverter<Backend>))]
public enum Backend
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>plan</c>.</summary>
    Plan,

    /// <summary>The value <c>module</c>.</summary>
    Module,
}

/// <summary>
/// How far a plan's probabilities are from those of the eager executor in float32, measured on generated inputs.
/// </summary>
public sealed record PlanAccuracy
{
    /// <summary>Largest difference of a probability.</summary>
    public required double MaxDifference { get; init; }

    /// <summary>Mean difference of the probabilities.</summary>
    public required double MeanDifference { get; init; }

    /// <summary>Fraction of the inputs for which both give the same class the highest probability; 0 to 1.</summary>
    public required double Top1Agreement { get; init; }

    /// <summary>Number of inputs compared.</summary>
    public required int Inputs { get; init; }
}

/// <summary>A golden sample that a version does not reproduce.</summary>
public sealed record SampleDifference
{
    /// <summary>The index of the sample, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The class that is expected to have the highest score; absent when the sample names none.</summary>
    [JsonPropertyName("expected_top_1")]
    public int? ExpectedTop1 { get; init; }

    /// <summary>The class that has the highest score; absent when there are no scores.</summary>
    [JsonPropertyName("found_top_1")]
    public int? FoundTop1 { get; init; }

    /// <summary>
    /// The largest difference between a probability and its expected score; absent when the sample has no scores.
    /// </summary>
    public double? ScoreDifference { get; init; }

    /// <summary>The largest difference that the sample allows.</summary>
    public double? Tolerance { get; init; }

    /// <summary>Why the sample can't be compared; absent when it can.</summary>
    public string? Error { get; init; }
}

/// <summary>
/// The result of checking a version against its golden samples, when it was created or when it was last loaded into
/// memory.
/// </summary>
public sealed record SamplesResponse
{
    /// <summary>Number of golden samples.</summary>
    public required int Count { get; init; }

    /// <summary>Whether the version reproduces all of them.</summary>
    public required bool Reproduced { get; init; }

    /// <summary>
    /// Whether the version is quarantined: it did not reproduce all samples when it was created. A quarantined
    /// version becomes the default only by being pinned.
    /// </summary>
    public required bool HeldBack { get; init; }

    /// <summary>The samples that the version does not reproduce.</summary>
    public required IReadOnlyList<SampleDifference> Differences { get; init; }
}

/// <summary>The version of a model that answers requests without a version number.</summary>
public sealed record ServingResponse
{
    /// <summary>The version's number.</summary>
    public required int Version { get; init; }

    /// <summary>
    /// Whether it answers because it is pinned. A newer version then does not take over until PATCH with
    /// <c>{"default_version": "newest"}</c> unpins it.
    /// </summary>
    public required bool Pinned { get; init; }
}

/// <summary>
/// A change of the default version that servers make together. The version before answers until enough of them are
/// ready.
/// </summary>
public sealed record RolloutResponse
{
    /// <summary>The version that is to answer.</summary>
    public required int Wanted { get; init; }

    /// <summary>
    /// The number of servers that are ready: they have the version in memory, or can't load it. As the server that
    /// tells it heard it last.
    /// </summary>
    public required int Ready { get; init; }

    /// <summary>The number of servers.</summary>
    public required int Of { get; init; }
}
