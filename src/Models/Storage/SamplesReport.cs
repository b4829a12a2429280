using System.Text.Json.Serialization;

namespace ModelService.Models.Storage;

/// <summary>The result of computing a version's golden samples.</summary>
/// <param name="Count">The number of samples.</param>
/// <param name="Differences">The samples that the version does not reproduce.</param>
public sealed record SamplesReport(int Count, IReadOnlyList<SampleDifference> Differences)
{
    /// <summary>Whether the version reproduces all samples.</summary>
    [JsonIgnore]
    public bool Reproduced => Differences.Count == 0;
}

/// <summary>A golden sample that a version does not reproduce.</summary>
/// <param name="Index">The index of the sample, from 0.</param>
/// <param name="ExpectedTop1">
/// The class that is expected to have the highest score; absent when the sample names none.
/// </param>
/// <param name="FoundTop1">The class that has the highest score; absent when there are no scores.</param>
/// <param name="ScoreDifference">
/// The largest difference between a probability and its expected score; absent when the sample has no scores.
/// </param>
/// <param name="Tolerance">The largest difference that the sample allows.</param>
/// <param name="Error">Why the sample can't be compared; absent when it can.</param>
public sealed record SampleDifference(
    int Index,
    [property: JsonPropertyName("expected_top_1")] int? ExpectedTop1,
    [property: JsonPropertyName("found_top_1")] int? FoundTop1,
    double? ScoreDifference,
    double? Tolerance,
    string? Error
);
