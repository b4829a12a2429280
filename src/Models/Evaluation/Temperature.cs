namespace ModelService.Models.Evaluation;

/// <summary>
/// The temperature T that makes the log loss of <c>softmax(logits / T)</c> least. It changes no prediction, only the
/// probabilities: above 1, the network was too sure. Source: C. Guo et al., "On calibration of modern neural networks",
/// ICML 2017.
/// </summary>
/// <param name="Value">The temperature, from 0.01 to 100.</param>
/// <param name="IsBound">
/// Whether the temperature is an end of that range: the loss has no minimum, as where the network is right about every
/// image (0.01), or not within the range, as where it is wrong about most (100).
/// </param>
/// <param name="Before">Calibration at temperature 1.</param>
/// <param name="After">Calibration at this temperature.</param>
public sealed record Temperature(double Value, bool IsBound, Calibration Before, Calibration After)
{
    private const double Least = 0.01;
    private const double Most = 100;
    private const int MostSteps = 100;
    private const double Precision = 1e-9;

    /// <summary>Fits a temperature.</summary>
    /// <param name="scores">The logits and labels of at least one image.</param>
    internal static Temperature Fit(LabelledLogits scores)
    {
        var (value, isBound) = Find(scores);
        return new Temperature(value, isBound, Calibration.Measure(scores), Calibration.Measure(scores, value));
    }

    // The loss is convex in b = 1 / T, so its slope grows: Newton's method on the slope, and a bisection in log b where
    // a step would leave the range that is known to hold the root.
    private static (double Value, bool IsBound) Find(LabelledLogits scores)
    {
        var (slope, curvature) = Derivatives(scores, 1);
        if (slope == 0)
            return (1, false); // also where all temperatures are equally good, as with one class
        var (low, high) = slope > 0 ? (1 / Most, 1.0) : (1.0, 1 / Least);
        if (slope > 0 && Derivatives(scores, low).Slope >= 0)
            return (Most, true);
        if (slope < 0 && Derivatives(scores, high).Slope <= 0)
            return (Least, true);

        var b = 1.0;
        for (var step = 0; step < MostSteps && Math.Log(high / low) > Precision; step++)
        {
            var next = b - (slope / curvature);
            var before = b;
            b = next > low && next < high ? next : Math.Sqrt(low * high); // also where the curvature is 0
            (slope, curvature) = Derivatives(scores, b);
            if (slope == 0 || Math.Abs(b - before) <= Precision * b)
                break;
            (low, high) = slope > 0 ? (low, b) : (b, high);
        }

        return (1 / b, false);
    }

    // Of the mean loss log Σ exp(b z_j) - b z_y by b: the mean of E[z] - z_y, and of Var[z], under the softmax.
    private static (double Slope, double Curvature) Derivatives(LabelledLogits scores, double b)
    {
        var probabilities = new double[scores.Classes];
        var (slope, curvature) = (0.0, 0.0);
        for (var image = 0; image < scores.Count; image++)
        {
            scores.Probabilities(image, probabilities, 1 / b);
            var row = scores.Row(image);
            var largest = (double)row[scores.Predictions[image]]; // of which z is taken, so that no digits are lost
            var (mean, square) = (0.0, 0.0);
            for (var index = 0; index < row.Length; index++)
            {
                var z = row[index] - largest;
                mean += probabilities[index] * z;
                square += probabilities[index] * z * z;
            }

            slope += mean - (row[scores.Labels[image]] - largest);
            curvature += square - (mean * mean);
        }

        return (slope / scores.Count, curvature / scores.Count);
    }
}
