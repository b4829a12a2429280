namespace ModelService.Models.Evaluation;

/// <summary>How well the probabilities of a network say how often it is right.</summary>
/// <param name="LogLoss">The mean of <c>-log p[label]</c>, in nats.</param>
/// <param name="ExpectedCalibrationError">
/// The mean distance of confidence and accuracy over the bins, weighted by their images (ECE, 0 to 1). Source: C. Guo
/// et al., "On calibration of modern neural networks", ICML 2017.
/// </param>
/// <param name="Bins">
/// The images by their confidence, the largest probability. Bin b of 15 holds b/15 &lt; confidence &lt;= (b + 1)/15.
/// </param>
public sealed record Calibration(double LogLoss, double ExpectedCalibrationError, IReadOnlyList<CalibrationBin> Bins)
{
    private const int BinCount = 15;

    /// <summary>Measures probabilities.</summary>
    /// <param name="scores">The logits and labels of at least one image.</param>
    /// <param name="temperature">What the logits are divided by; more than 0.</param>
    internal static Calibration Measure(LabelledLogits scores, double temperature = 1)
    {
        var probabilities = new double[scores.Classes];
        var (counts, right, confidence) = (new int[BinCount], new int[BinCount], new double[BinCount]);
        var loss = 0.0;
        for (var image = 0; image < scores.Count; image++)
        {
            loss += scores.Probabilities(image, probabilities, temperature);
            var largest = probabilities[scores.Predictions[image]];
            var bin = Math.Clamp((int)Math.Ceiling(largest * BinCount) - 1, 0, BinCount - 1);
            counts[bin]++;
            right[bin] += scores.IsRight(image) ? 1 : 0;
            confidence[bin] += largest;
        }

        CalibrationBin[] bins =
        [
            .. counts.Select(
                (count, bin) =>
                    new CalibrationBin(
                        count,
                        count == 0 ? 0 : (double)right[bin] / count,
                        count == 0 ? 0 : confidence[bin] / count
                    )
            ),
        ];
        return new Calibration(
            loss / scores.Count,
            bins.Sum(bin => (double)bin.Count / scores.Count * Math.Abs(bin.Accuracy - bin.Confidence)),
            bins
        );
    }
}

/// <summary>The images of similar confidence.</summary>
/// <param name="Count">The number of images.</param>
/// <param name="Accuracy">The share of them that the network is right about; 0 of none.</param>
/// <param name="Confidence">The mean of their largest probabilities; 0 of none.</param>
public sealed record CalibrationBin(int Count, double Accuracy, double Confidence);
