namespace ModelService.Models.Evaluation;

/// <summary>An image whose label may be wrong.</summary>
/// <param name="Image">The image's place.</param>
/// <param name="Label">The class by the label.</param>
/// <param name="Suggested">The class that is more likely right.</param>
/// <param name="LabelProbability">The probability of the label.</param>
/// <param name="SuggestedProbability">The probability of the suggested class.</param>
public sealed record LabelSuspect(
    int Image,
    int Label,
    int Suggested,
    double LabelProbability,
    double SuggestedProbability
);

/// <summary>
/// Finds labels that are probably wrong, by confident learning: the network is less sure of the label than it is on
/// average of images with that label, and as sure of another class as it is of that class's images. Source: C.
/// Northcutt, L. Jiang, I. Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 70 (2021).
/// </summary>
/// <remarks>A network that learned from the same images has learned wrong labels too, and finds fewer.</remarks>
internal static class LabelSuspects
{
    /// <summary>Finds suspects, those with the widest margin between suggestion and label first.</summary>
    /// <param name="scores">The logits and labels.</param>
    /// <param name="most">The greatest number of suspects to return.</param>
    public static IReadOnlyList<LabelSuspect> Find(LabelledLogits scores, int most)
    {
        var thresholds = MeanSelfConfidence(scores);
        var probabilities = new double[scores.Classes];
        var suspects = new List<LabelSuspect>();
        for (var image = 0; image < scores.Count; image++)
        {
            scores.Probabilities(image, probabilities);
            var label = scores.Labels[image];
            if (probabilities[label] < thresholds[label] && Suggest(probabilities, thresholds, label) is { } suggested)
                suspects.Add(new(image, label, suggested, probabilities[label], probabilities[suggested]));
        }

        return
        [
            .. suspects
                .OrderByDescending(suspect => suspect.SuggestedProbability - suspect.LabelProbability)
                .Take(most),
        ];
    }

    // The mean probability of each class over the images with that label; infinite for a class without images, which is
    // never suggested.
    private static double[] MeanSelfConfidence(LabelledLogits scores)
    {
        var probabilities = new double[scores.Classes];
        var (sums, counts) = (new double[scores.Classes], new int[scores.Classes]);
        for (var image = 0; image < scores.Count; image++)
        {
            scores.Probabilities(image, probabilities);
            var label = scores.Labels[image];
            sums[label] += probabilities[label];
            counts[label]++;
        }

        return [.. sums.Zip(counts, (sum, count) => count == 0 ? double.PositiveInfinity : sum / count)];
    }

    // The likeliest of the other classes that are above their thresholds.
    private static int? Suggest(double[] probabilities, double[] thresholds, int label)
    {
        int? suggested = null;
        for (var index = 0; index < probabilities.Length; index++)
        {
            if (index == label || probabilities[index] < thresholds[index])
                continue;
            if (suggested is null || probabilities[index] > probabilities[suggested.Value])
                suggested = index;
        }

        return suggested;
    }
}
