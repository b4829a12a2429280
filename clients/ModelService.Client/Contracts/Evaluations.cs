using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>An image that two versions scored.</summary>
public sealed record ComparedImage
{
    /// <summary>The image's id in its data set.</summary>
    public required string Id { get; init; }

    /// <summary>The name of its file; absent when it has none.</summary>
    public string? FileName { get; init; }

    /// <summary>Its label.</summary>
    public required string Label { get; init; }

    /// <summary>The class that the first version takes it for.</summary>
    public required string First { get; init; }

    /// <summary>The probability that the first version gives that class.</summary>
    public required double FirstConfidence { get; init; }

    /// <summary>The class that the second version takes it for.</summary>
    public required string Second { get; init; }

    /// <summary>The probability that the second version gives that class.</summary>
    public required double SecondConfidence { get; init; }
}

/// <summary>One of two versions that are compared.</summary>
public sealed record ComparedVersion
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The version's number.</summary>
    public required int Version { get; init; }

    /// <summary>The evaluation's id.</summary>
    public required string Evaluation { get; init; }
}

/// <summary>An image that was evaluated.</summary>
public sealed record EvaluatedImageResponse
{
    /// <summary>The image's id in its data set.</summary>
    public required string Id { get; init; }

    /// <summary>The name of its file; absent when it has none.</summary>
    public string? FileName { get; init; }

    /// <summary>Its label.</summary>
    public required string Label { get; init; }

    /// <summary>The class that the model takes it for.</summary>
    public required string Predicted { get; init; }

    /// <summary>The probability of that class.</summary>
    public required double Confidence { get; init; }

    /// <summary>The probability of the label.</summary>
    public required double LabelProbability { get; init; }
}

/// <summary>What is to be evaluated.</summary>
public sealed record EvaluationBody
{
    /// <summary>The name of the data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>The number of its revision. Left out, the current one.</summary>
    public int? Revision { get; init; }

    /// <summary>The images of a data set that are evaluated.</summary>
    public EvaluationSplit? Split { get; init; }
}

/// <summary>Two versions on the same images.</summary>
public sealed record EvaluationComparisonResponse
{
    /// <summary>One of two versions that are compared.</summary>
    public required ComparedVersion First { get; init; }

    /// <summary>One of two versions that are compared.</summary>
    public required ComparedVersion Second { get; init; }

    /// <summary>The number of images that both scored.</summary>
    public required int Images { get; init; }

    /// <summary>How many of them both versions are right about.</summary>
    public required int BothRight { get; init; }

    /// <summary>How many only the first is right about.</summary>
    public required int OnlyFirst { get; init; }

    /// <summary>How many only the second is right about.</summary>
    public required int OnlySecond { get; init; }

    /// <summary>How many both are wrong about.</summary>
    public required int BothWrong { get; init; }

    /// <summary>
    /// How likely two equally good versions differ so much, by McNemar's test: below 0.05, they probably differ.
    /// </summary>
    [JsonPropertyName("p_value")]
    public required double PValue { get; init; }

    /// <summary>The images that <c>right</c> asks for.</summary>
    public required IReadOnlyList<ComparedImage> Page { get; init; }

    /// <summary>The <c>cursor</c> of the next page; absent on the last one.</summary>
    public int? NextCursor { get; init; }
}

/// <summary>A page of the images of an evaluation.</summary>
public sealed record EvaluationImagesResponse
{
    /// <summary>The name of the data set that has the images.</summary>
    public required string Dataset { get; init; }

    /// <summary>The revision that has them.</summary>
    public required int Revision { get; init; }

    /// <summary>The number of images on all pages together.</summary>
    public required int Count { get; init; }

    /// <summary>The images, in the order of the data set.</summary>
    public required IReadOnlyList<EvaluatedImageResponse> Images { get; init; }

    /// <summary>The <c>cursor</c> of the next page; absent on the last one.</summary>
    public int? NextCursor { get; init; }
}

/// <summary>The evaluations of a version.</summary>
public sealed record EvaluationListResponse
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The version's number.</summary>
    public required int Version { get; init; }

    /// <summary>The evaluations, the newest first, without their figures.</summary>
    public required IReadOnlyList<EvaluationResponse> Evaluations { get; init; }
}

/// <summary>An evaluation of a version on labelled images.</summary>
public sealed record EvaluationResponse
{
    /// <summary>The evaluation's id.</summary>
    public required string Id { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The version's number.</summary>
    public required int Version { get; init; }

    /// <summary>The name of the data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>The revision of the data set.</summary>
    public required int Revision { get; init; }

    /// <summary>The images of a data set that are evaluated.</summary>
    public required EvaluationSplit Split { get; init; }

    /// <summary>Where an evaluation is in its life.</summary>
    public required EvaluationState State { get; init; }

    /// <summary>Why it failed; absent when it did not.</summary>
    public string? Reason { get; init; }

    /// <summary>The number of images.</summary>
    public required int Images { get; init; }

    /// <summary>The number of images that are done.</summary>
    public required int Done { get; init; }

    /// <summary>When it was requested.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it began to run; absent when it did not.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended; absent when it did not.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>What an evaluation found.</summary>
    public EvaluationResultResponse? Result { get; init; }
}

/// <summary>The images of a data set that are evaluated.</summary>
[JsonConverter(typeof(WireEnumConverter<EvaluationSplit>))]
public enum EvaluationSplit
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>train</c>.</summary>
    Train,

    /// <summary>The value <c>val</c>.</summary>
    Val,

    /// <summary>The value <c>test</c>.</summary>
    Test,

    /// <summary>The value <c>all</c>.</summary>
    All,
}

/// <summary>Where an evaluation is in its life.</summary>
[JsonConverter(typeof(WireEnumConverter<EvaluationState>))]
public enum EvaluationState
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>queued</c>.</summary>
    Queued,

    /// <summary>The value <c>running</c>.</summary>
    Running,

    /// <summary>The value <c>succeeded</c>.</summary>
    Succeeded,

    /// <summary>The value <c>failed</c>.</summary>
    Failed,

    /// <summary>The value <c>cancelled</c>.</summary>
    Cancelled,
}

/// <summary>Which of two versions are right about an image.</summary>
[JsonConverter(typeof(WireEnumConverter<RightVersions>))]
public enum RightVersions
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>both</c>.</summary>
    Both,

    /// <summary>The value <c>first</c>.</summary>
    First,

    /// <summary>The value <c>second</c>.</summary>
    Second,

    /// <summary>The value <c>neither</c>.</summary>
    Neither,
}
