using ModelService.Models.Evaluation.Runs;

namespace ModelService.Api.Contracts;

/// <summary>The evaluations of a version.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version's number.</param>
/// <param name="Evaluations">The evaluations, the newest first, without their figures.</param>
public sealed record EvaluationListResponse(string Model, int Version, IReadOnlyList<EvaluationResponse> Evaluations);

/// <summary>An evaluation of a version on labelled images.</summary>
/// <param name="Id">The evaluation's id.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version's number.</param>
/// <param name="Dataset">The name of the data set.</param>
/// <param name="Revision">The revision of the data set.</param>
/// <param name="Split">The images of the data set that are evaluated.</param>
/// <param name="State">The state of the evaluation.</param>
/// <param name="Reason">Why it failed; absent when it did not.</param>
/// <param name="Images">The number of images.</param>
/// <param name="Done">The number of images that are done.</param>
/// <param name="CreatedAt">When it was requested.</param>
/// <param name="StartedAt">When it began to run; absent when it did not.</param>
/// <param name="FinishedAt">When it ended; absent when it did not.</param>
/// <param name="Result">What it found; absent unless it has succeeded, and in lists.</param>
public sealed record EvaluationResponse(
    string Id,
    string Model,
    int Version,
    string Dataset,
    int Revision,
    EvaluationSplit Split,
    EvaluationState State,
    string? Reason,
    int Images,
    int Done,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    EvaluationResultResponse? Result
)
{
    internal static EvaluationResponse Create(EvaluationSnapshot evaluation)
    {
        var record = evaluation.Record;
        return new EvaluationResponse(
            record.Id,
            record.Model,
            record.Version,
            record.Dataset,
            record.Revision,
            record.Split,
            record.State,
            record.Reason,
            record.Images,
            record.State == EvaluationState.Succeeded ? record.Images : evaluation.Done,
            record.Created,
            record.Started,
            record.Finished,
            Result: null
        );
    }

    internal static EvaluationResponse Create(EvaluationWithResult evaluation) =>
        Create(evaluation.Snapshot) with
        {
            Result = evaluation.Result is { } result ? EvaluationResultResponse.Create(result) : null,
        };
}

/// <summary>A page of the images of an evaluation.</summary>
/// <param name="Dataset">The name of the data set that has the images.</param>
/// <param name="Revision">The revision that has them.</param>
/// <param name="Count">The number of images on all pages together.</param>
/// <param name="Images">The images, in the order of the data set.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; absent on the last one.</param>
public sealed record EvaluationImagesResponse(
    string Dataset,
    int Revision,
    int Count,
    IReadOnlyList<EvaluatedImageResponse> Images,
    int? NextCursor
)
{
    internal static EvaluationImagesResponse Create(EvaluationImages found, int cursor, int limit) =>
        new(
            found.Record.Dataset,
            found.Record.Revision,
            found.Images.Count,
            [
                .. found
                    .Images.Skip(cursor)
                    .Take(limit)
                    .Select(image => EvaluatedImageResponse.Create(image, found.Classes)),
            ],
            found.Images.Count - cursor > limit ? cursor + limit : null
        );
}

/// <summary>An image that was evaluated.</summary>
/// <param name="Id">The image's id in its data set.</param>
/// <param name="FileName">The name of its file; absent when it has none.</param>
/// <param name="Label">Its label.</param>
/// <param name="Predicted">The class that the model takes it for.</param>
/// <param name="Confidence">The probability of that class.</param>
/// <param name="LabelProbability">The probability of the label.</param>
public sealed record EvaluatedImageResponse(
    string Id,
    string? FileName,
    string Label,
    string Predicted,
    double Confidence,
    double LabelProbability
)
{
    internal static EvaluatedImageResponse Create(EvaluatedImage image, IReadOnlyList<string> classes) =>
        new(
            image.Id,
            image.FileName,
            classes[image.Label],
            classes[image.Predicted],
            image.Confidence,
            image.LabelProbability
        );
}

/// <summary>Two versions on the same images.</summary>
/// <param name="First">The evaluation of the path.</param>
/// <param name="Second">The evaluation that it is compared with.</param>
/// <param name="Images">The number of images that both scored.</param>
/// <param name="BothRight">How many of them both versions are right about.</param>
/// <param name="OnlyFirst">How many only the first is right about.</param>
/// <param name="OnlySecond">How many only the second is right about.</param>
/// <param name="BothWrong">How many both are wrong about.</param>
/// <param name="PValue">
/// How likely two equally good versions differ so much, by McNemar's test: below 0.05, they probably differ.
/// </param>
/// <param name="Page">The images that <c>right</c> asks for.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; absent on the last one.</param>
public sealed record EvaluationComparisonResponse(
    ComparedVersion First,
    ComparedVersion Second,
    int Images,
    int BothRight,
    int OnlyFirst,
    int OnlySecond,
    int BothWrong,
    double PValue,
    IReadOnlyList<ComparedImage> Page,
    int? NextCursor
)
{
    internal static EvaluationComparisonResponse Create(
        EvaluationComparison found,
        RightVersions right,
        int cursor,
        int limit
    )
    {
        var comparison = found.Comparison;
        var places = right switch
        {
            RightVersions.Both => comparison.BothRight,
            RightVersions.First => comparison.OnlyFirst,
            RightVersions.Second => comparison.OnlySecond,
            _ => comparison.BothWrong,
        };
        return new EvaluationComparisonResponse(
            ComparedVersion.Create(found.First),
            ComparedVersion.Create(found.Second),
            found.Images.Count,
            comparison.BothRight.Count,
            comparison.OnlyFirst.Count,
            comparison.OnlySecond.Count,
            comparison.BothWrong.Count,
            comparison.Test.PValue,
            [.. places.Skip(cursor).Take(limit).Select(place => ComparedImage.Create(found, place))],
            places.Count - cursor > limit ? cursor + limit : null
        );
    }
}

/// <summary>Which of two versions are right about an image.</summary>
public enum RightVersions
{
    /// <summary>Both.</summary>
    Both,

    /// <summary>Only the first.</summary>
    First,

    /// <summary>Only the second.</summary>
    Second,

    /// <summary>None of them.</summary>
    Neither,
}

/// <summary>One of two versions that are compared.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version's number.</param>
/// <param name="Evaluation">The evaluation's id.</param>
public sealed record ComparedVersion(string Model, int Version, string Evaluation)
{
    internal static ComparedVersion Create(EvaluatedVersion version) =>
        new(version.Record.Model, version.Record.Version, version.Record.Id);
}

/// <summary>An image that two versions scored.</summary>
/// <param name="Id">The image's id in its data set.</param>
/// <param name="FileName">The name of its file; absent when it has none.</param>
/// <param name="Label">Its label.</param>
/// <param name="First">The class that the first version takes it for.</param>
/// <param name="FirstConfidence">The probability that the first version gives that class.</param>
/// <param name="Second">The class that the second version takes it for.</param>
/// <param name="SecondConfidence">The probability that the second version gives that class.</param>
public sealed record ComparedImage(
    string Id,
    string? FileName,
    string Label,
    string First,
    double FirstConfidence,
    string Second,
    double SecondConfidence
)
{
    internal static ComparedImage Create(EvaluationComparison comparison, int place)
    {
        var (first, second) = comparison.Images[place];
        return new ComparedImage(
            first.Id,
            first.FileName,
            comparison.First.Classes[first.Label],
            comparison.First.Classes[first.Predicted],
            first.Confidence,
            comparison.Second.Classes[second.Predicted],
            second.Confidence
        );
    }
}
