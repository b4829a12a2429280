using ModelService.Models.Errors;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>What an evaluation found, as it is stored in <c>result.json</c>.</summary>
/// <param name="Classes">The labels of the model's classes, in the order of its scores.</param>
/// <param name="Metrics">The figures.</param>
/// <param name="Temperature">The temperature that makes the log loss least.</param>
/// <param name="Mistakes">The mistakes that the network is most sure of.</param>
/// <param name="Suspects">The images whose labels are probably wrong.</param>
/// <param name="Unusable">The images that could not be scored, at most the first hundred. They do not count.</param>
/// <param name="UnusableCount">The number of images that could not be scored.</param>
public sealed record EvaluationResult(
    IReadOnlyList<string> Classes,
    ClassificationMetrics Metrics,
    Temperature Temperature,
    IReadOnlyList<EvaluatedImage> Mistakes,
    IReadOnlyList<SuspectedImage> Suspects,
    IReadOnlyList<UnusableImage> Unusable,
    int UnusableCount
);

/// <summary>An image that was evaluated. Classes are indices of the model's scores.</summary>
/// <param name="Id">The id of the image in its data set.</param>
/// <param name="FileName">The name of its file; null when it has none.</param>
/// <param name="Label">The class by the label.</param>
/// <param name="Predicted">The class by the network.</param>
/// <param name="Confidence">The probability of the predicted class.</param>
/// <param name="LabelProbability">The probability of the label.</param>
public sealed record EvaluatedImage(
    string Id,
    string? FileName,
    int Label,
    int Predicted,
    double Confidence,
    double LabelProbability
)
{
    /// <summary>Whether the network is right.</summary>
    internal bool IsRight => Label == Predicted;
}

/// <summary>An image whose label is probably wrong. Classes are indices of the model's scores.</summary>
/// <param name="Id">The id of the image in its data set.</param>
/// <param name="FileName">The name of its file; null when it has none.</param>
/// <param name="Label">The class by the label.</param>
/// <param name="Suggested">The class that is more likely right.</param>
/// <param name="LabelProbability">The probability of the label.</param>
/// <param name="SuggestedProbability">The probability of the suggested class.</param>
public sealed record SuspectedImage(
    string Id,
    string? FileName,
    int Label,
    int Suggested,
    double LabelProbability,
    double SuggestedProbability
);

/// <summary>An image that could not be scored.</summary>
/// <param name="Id">The id of the image in its data set.</param>
/// <param name="FileName">The name of its file; null when it has none.</param>
/// <param name="Code">The code of the error.</param>
/// <param name="Detail">The error, as a sentence.</param>
public sealed record UnusableImage(string Id, string? FileName, ErrorCode Code, string Detail);
