using System.Text.Json.Serialization;

namespace ModelService.Models.Storage;

/// <summary>What came of a version's samples.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Differences">Those that it does not reproduce.</param>
public sealed record SamplesReport(int Count, IReadOnlyList<SampleDifference> Differences)
{
    /// <summary>Whether it reproduces all of them.</summary>
    [JsonIgnore]
    public bool Reproduced => Differences.Count == 0;
}

/// <summary>A sample that a version does not reproduce.</summary>
/// <param name="Index">Its place among the samples, from 0.</param>
/// <param name="ExpectedTop1">The class that should score best; absent when any may.</param>
/// <param name="FoundTop1">The class that does; absent when there are no scores.</param>
/// <param name="ScoreDifference">The largest difference of a probability from its score; absent when no scores are expected.</param>
/// <param name="Tolerance">How large it may be.</param>
/// <param name="Error">Why it can't be compared; absent when it can.</param>
public sealed record SampleDifference(
    int Index,
    [property: JsonPropertyName("expected_top_1")] int? ExpectedTop1,
    [property: JsonPropertyName("found_top_1")] int? FoundTop1,
    double? ScoreDifference,
    double? Tolerance,
    string? Error
);
