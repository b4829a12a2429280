namespace ModelService.Client;

/// <summary>The images of similar confidence.</summary>
public sealed record CalibrationBin
{
    /// <summary>The number of images.</summary>
    public required int Count { get; init; }

    /// <summary>The share of them that the network is right about; 0 of none.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The mean of their largest probabilities; 0 of none.</summary>
    public required double Confidence { get; init; }
}

/// <summary>The figures of one class. A share is 0 where there is nothing to divide by.</summary>
public sealed record ClassMetricsResponse
{
    /// <summary>The class.</summary>
    public required string Label { get; init; }

    /// <summary>The number of its images.</summary>
    public required int Support { get; init; }

    /// <summary>A share with its 95 % interval (Wilson's).</summary>
    public required ShareResponse Precision { get; init; }

    /// <summary>A share with its 95 % interval (Wilson's).</summary>
    public required ShareResponse Recall { get; init; }

    /// <summary>A share with its 95 % interval (Wilson's).</summary>
    public required ShareResponse F1 { get; init; }
}

/// <summary>Two classes that are confused.</summary>
public sealed record ConfusedPair
{
    /// <summary>The class by the label.</summary>
    public required string Label { get; init; }

    /// <summary>The class by the model.</summary>
    public required string Predicted { get; init; }

    /// <summary>The number of images.</summary>
    public required int Images { get; init; }
}

/// <summary>What an evaluation found.</summary>
public sealed record EvaluationResultResponse
{
    /// <summary>The number of images that were scored.</summary>
    public required int Images { get; init; }

    /// <summary>A share with its 95 % interval (Wilson's).</summary>
    public required ShareResponse Accuracy { get; init; }

    /// <summary>By k: the share of images whose label is among the k most likely classes.</summary>
    public required IReadOnlyDictionary<string, double> TopK { get; init; }

    /// <summary>The mean of -log of the label's probability. 0 is best.</summary>
    public required double LogLoss { get; init; }

    /// <summary>How far the confidence is from the accuracy, 0 to 1, over the bins of <c>calibration</c>.</summary>
    public required double ExpectedCalibrationError { get; init; }

    /// <summary>The images by confidence: bin b of 15 holds those above b/15, up to (b + 1)/15.</summary>
    public required IReadOnlyList<CalibrationBin> Calibration { get; init; }

    /// <summary>A temperature: what the logits are divided by before the softmax. It changes no prediction.</summary>
    public required TemperatureResponse Temperature { get; init; }

    /// <summary>Means of the figures of all classes.</summary>
    public required MeanMetrics Macro { get; init; }

    /// <summary>Means of the figures of all classes.</summary>
    public required MeanMetrics Weighted { get; init; }

    /// <summary>The figures of each class, in the order of the model's scores.</summary>
    public required IReadOnlyList<ClassMetricsResponse> Classes { get; init; }

    /// <summary>
    /// The confusion matrix: rows are labels, columns predictions, both in the order of <c>classes</c>. Absent for
    /// more than 100 classes.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>>? Confusion { get; init; }

    /// <summary>The pairs of classes that are confused, most images first: the first 1,000.</summary>
    public required IReadOnlyList<ConfusedPair> Confused { get; init; }

    /// <summary>The mistakes that the model is most sure of: the first 24.</summary>
    public required IReadOnlyList<EvaluatedImageResponse> Mistakes { get; init; }

    /// <summary>The images whose labels may be wrong: the first 24.</summary>
    public required IReadOnlyList<SuspectResponse> Suspects { get; init; }

    /// <summary>The images that could not be scored and do not count: the first 100.</summary>
    public required IReadOnlyList<UnusableImage> Unusable { get; init; }

    /// <summary>The number of images that could not be scored.</summary>
    public required int UnusableCount { get; init; }
}

/// <summary>Means of the figures of all classes.</summary>
public sealed record MeanMetrics
{
    /// <summary>The mean precision.</summary>
    public required double Precision { get; init; }

    /// <summary>The mean recall.</summary>
    public required double Recall { get; init; }

    /// <summary>The mean of the F1 of the classes.</summary>
    public required double F1 { get; init; }
}

/// <summary>A share with its 95 % interval (Wilson's).</summary>
public sealed record ShareResponse
{
    /// <summary>The share, 0 to 1.</summary>
    public required double Value { get; init; }

    /// <summary>The lower end.</summary>
    public required double Low { get; init; }

    /// <summary>The upper end.</summary>
    public required double High { get; init; }
}

/// <summary>A temperature: what the logits are divided by before the softmax. It changes no prediction.</summary>
public sealed record TemperatureResponse
{
    /// <summary>The temperature, 0.01 to 100; above 1, the model was too sure.</summary>
    public required double Value { get; init; }

    /// <summary>Whether it is an end of that range, where the loss has no minimum inside.</summary>
    public required bool IsBound { get; init; }

    /// <summary>The log loss with it.</summary>
    public required double LogLoss { get; init; }

    /// <summary>The calibration error with it.</summary>
    public required double ExpectedCalibrationError { get; init; }
}
