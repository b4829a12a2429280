using ModelService.Models.Evaluation;
using ModelService.Models.Evaluation.Runs;

namespace ModelService.Api.Contracts;

/// <summary>What an evaluation found.</summary>
/// <param name="Images">The number of images that were scored.</param>
/// <param name="Accuracy">The share of images that the model is right about.</param>
/// <param name="TopK">By k: the share of images whose label is among the k most likely classes.</param>
/// <param name="LogLoss">The mean of -log of the label's probability. 0 is best.</param>
/// <param name="ExpectedCalibrationError">
/// How far the confidence is from the accuracy, 0 to 1, over the bins of <c>calibration</c>.
/// </param>
/// <param name="Calibration">The images by confidence: bin b of 15 holds those above b/15, up to (b + 1)/15.</param>
/// <param name="Temperature">The temperature that makes the log loss least.</param>
/// <param name="Macro">The means over all classes, those without images too.</param>
/// <param name="Weighted">The means over the classes, weighted by their images.</param>
/// <param name="Classes">The figures of each class, in the order of the model's scores.</param>
/// <param name="Confusion">
/// The confusion matrix: rows are labels, columns predictions, both in the order of <c>classes</c>. Absent for more
/// than 100 classes.
/// </param>
/// <param name="Confused">The pairs of classes that are confused, most images first: the first 1,000.</param>
/// <param name="Mistakes">The mistakes that the model is most sure of: the first 24.</param>
/// <param name="Suspects">The images whose labels may be wrong: the first 24.</param>
/// <param name="Unusable">The images that could not be scored and do not count: the first 100.</param>
/// <param name="UnusableCount">The number of images that could not be scored.</param>
public sealed record EvaluationResultResponse(
    int Images,
    ShareResponse Accuracy,
    IReadOnlyDictionary<int, double> TopK,
    double LogLoss,
    double ExpectedCalibrationError,
    IReadOnlyList<CalibrationBin> Calibration,
    TemperatureResponse Temperature,
    MeanMetrics Macro,
    MeanMetrics Weighted,
    IReadOnlyList<ClassMetricsResponse> Classes,
    IReadOnlyList<IReadOnlyList<int>>? Confusion,
    IReadOnlyList<ConfusedPair> Confused,
    IReadOnlyList<EvaluatedImageResponse> Mistakes,
    IReadOnlyList<SuspectResponse> Suspects,
    IReadOnlyList<UnusableImage> Unusable,
    int UnusableCount
)
{
    private const int LargestMatrix = 100;
    private const int MostPairs = 1000;

    internal static EvaluationResultResponse Create(EvaluationResult result)
    {
        var (metrics, classes) = (result.Metrics, result.Classes);
        return new EvaluationResultResponse(
            metrics.Images,
            ShareResponse.Create(metrics.Accuracy),
            metrics.TopK,
            metrics.Calibration.LogLoss,
            metrics.Calibration.ExpectedCalibrationError,
            metrics.Calibration.Bins,
            TemperatureResponse.Create(result.Temperature),
            metrics.Macro,
            metrics.Weighted,
            [.. classes.Zip(metrics.PerClass, ClassMetricsResponse.Create)],
            classes.Count <= LargestMatrix ? MatrixOf(metrics.Confusion) : null,
            [
                .. metrics
                    .Confusion.Confusions.Take(MostPairs)
                    .Select(cell => new ConfusedPair(classes[cell.Label], classes[cell.Predicted], cell.Count)),
            ],
            [.. result.Mistakes.Select(image => EvaluatedImageResponse.Create(image, classes))],
            [.. result.Suspects.Select(image => SuspectResponse.Create(image, classes))],
            result.Unusable,
            result.UnusableCount
        );
    }

    private static int[][] MatrixOf(ConfusionMatrix confusion) =>
        [
            .. Enumerable
                .Range(0, confusion.Classes)
                .Select(row =>
                    (int[])[.. Enumerable.Range(0, confusion.Classes).Select(column => confusion[row, column])]
                ),
        ];
}

/// <summary>A share with its 95 % interval (Wilson's).</summary>
/// <param name="Value">The share, 0 to 1.</param>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end.</param>
public sealed record ShareResponse(double Value, double Low, double High)
{
    internal static ShareResponse Create(Proportion share) => new(share.Value, share.Interval.Low, share.Interval.High);
}

/// <summary>A temperature: what the logits are divided by before the softmax. It changes no prediction.</summary>
/// <param name="Value">The temperature, 0.01 to 100; above 1, the model was too sure.</param>
/// <param name="IsBound">Whether it is an end of that range, where the loss has no minimum inside.</param>
/// <param name="LogLoss">The log loss with it.</param>
/// <param name="ExpectedCalibrationError">The calibration error with it.</param>
public sealed record TemperatureResponse(double Value, bool IsBound, double LogLoss, double ExpectedCalibrationError)
{
    internal static TemperatureResponse Create(Temperature temperature) =>
        new(
            temperature.Value,
            temperature.IsBound,
            temperature.After.LogLoss,
            temperature.After.ExpectedCalibrationError
        );
}

/// <summary>The figures of one class. A share is 0 where there is nothing to divide by.</summary>
/// <param name="Label">The class.</param>
/// <param name="Support">The number of its images.</param>
/// <param name="Precision">Of the images that the model takes for the class, the share that are of it.</param>
/// <param name="Recall">Of the images of the class, the share that the model finds.</param>
/// <param name="F1">The harmonic mean of precision and recall.</param>
public sealed record ClassMetricsResponse(
    string Label,
    int Support,
    ShareResponse Precision,
    ShareResponse Recall,
    ShareResponse F1
)
{
    internal static ClassMetricsResponse Create(string label, ClassMetrics metrics) =>
        new(
            label,
            metrics.Support,
            ShareResponse.Create(metrics.Precision),
            ShareResponse.Create(metrics.Recall),
            ShareResponse.Create(metrics.F1)
        );
}

/// <summary>Two classes that are confused.</summary>
/// <param name="Label">The class by the label.</param>
/// <param name="Predicted">The class by the model.</param>
/// <param name="Images">The number of images.</param>
public sealed record ConfusedPair(string Label, string Predicted, int Images);

/// <summary>
/// An image whose label may be wrong: the model is less sure of it than of most images with that label, and as sure of
/// another class as it is of that class (confident learning, Northcutt et al. 2021).
/// </summary>
/// <param name="Id">The image's id in its data set.</param>
/// <param name="FileName">The name of its file; absent when it has none.</param>
/// <param name="Label">Its label.</param>
/// <param name="Suggested">The class that is more likely right.</param>
/// <param name="LabelProbability">The probability of the label.</param>
/// <param name="SuggestedProbability">The probability of the suggested class.</param>
public sealed record SuspectResponse(
    string Id,
    string? FileName,
    string Label,
    string Suggested,
    double LabelProbability,
    double SuggestedProbability
)
{
    internal static SuspectResponse Create(SuspectedImage image, IReadOnlyList<string> classes) =>
        new(
            image.Id,
            image.FileName,
            classes[image.Label],
            classes[image.Suggested],
            image.LabelProbability,
            image.SuggestedProbability
        );
}
