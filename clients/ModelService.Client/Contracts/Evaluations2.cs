namespace ModelService.Client;

/// <summary>
/// An image whose label may be wrong: the model is less sure of it than of most images with that label, and as sure
/// of another class as it is of that class (confident learning, Northcutt et al. 2021).
/// </summary>
public sealed record SuspectResponse
{
    /// <summary>The image's id in its data set.</summary>
    public required string Id { get; init; }

    /// <summary>The name of its file; absent when it has none.</summary>
    public string? FileName { get; init; }

    /// <summary>Its label.</summary>
    public required string Label { get; init; }

    /// <summary>The class that is more likely right.</summary>
    public required string Suggested { get; init; }

    /// <summary>The probability of the label.</summary>
    public required double LabelProbability { get; init; }

    /// <summary>The probability of the suggested class.</summary>
    public required double SuggestedProbability { get; init; }
}

/// <summary>An image that could not be scored.</summary>
public sealed record UnusableImage
{
    /// <summary>The id of the image in its data set.</summary>
    public required string Id { get; init; }

    /// <summary>The name of its file; null when it has none.</summary>
    public string? FileName { get; init; }

    /// <summary>
    /// The kind of an error, as a client can act on it. On the wire a code is written in snake_case; the API maps it
    /// to an HTTP status.
    /// </summary>
    public required string Code { get; init; }

    /// <summary>The error, as a sentence.</summary>
    public required string Detail { get; init; }
}
