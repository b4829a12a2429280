namespace ModelService.Models.Evaluation;

/// <summary>How good a network is on labelled images.</summary>
/// <param name="Images">The number of images.</param>
/// <param name="Accuracy">The share of images that the network is right about.</param>
/// <param name="TopK">
/// By k, of 1, 2, 3 and 5 those up to the number of classes: the share of images whose label is among the k largest
/// logits. Of equal logits, the first counts as larger.
/// </param>
/// <param name="Calibration">Log loss and calibration error.</param>
/// <param name="Confusion">The confusion matrix.</param>
/// <param name="PerClass">The figures of each class.</param>
/// <param name="Macro">The means over all classes, those without images too.</param>
/// <param name="Weighted">The means over the classes, weighted by their images.</param>
public sealed record ClassificationMetrics(
    int Images,
    Proportion Accuracy,
    IReadOnlyDictionary<int, double> TopK,
    Calibration Calibration,
    ConfusionMatrix Confusion,
    IReadOnlyList<ClassMetrics> PerClass,
    MeanMetrics Macro,
    MeanMetrics Weighted
)
{
    private static readonly int[] Ranks = [1, 2, 3, 5];

    /// <summary>Measures a network.</summary>
    /// <param name="scores">The logits and labels of at least one image.</param>
    /// <exception cref="ArgumentException">There is no image.</exception>
    internal static ClassificationMetrics Measure(LabelledLogits scores)
    {
        if (scores.Count == 0)
            throw new ArgumentException("There is no image to measure.", nameof(scores));
        var confusion = new ConfusionMatrix(scores.Labels, scores.Predictions, scores.Classes);
        ClassMetrics[] classes =
        [
            .. Enumerable.Range(0, scores.Classes).Select(index => ClassMetrics.Of(confusion, index)),
        ];
        var hits = Enumerable.Range(0, scores.Count).Count(scores.IsRight);
        return new ClassificationMetrics(
            scores.Count,
            Proportion.Of(hits, scores.Count),
            MeasureTopK(scores),
            Calibration.Measure(scores),
            confusion,
            classes,
            MeanMetrics.Of(classes, _ => 1),
            MeanMetrics.Of(classes, item => item.Support)
        );
    }

    private static OrderedDictionary<int, double> MeasureTopK(LabelledLogits scores)
    {
        var counts = new int[Ranks.Max() + 1]; // by the number of classes before the label
        for (var image = 0; image < scores.Count; image++)
            counts[Math.Min(ClassesBefore(scores.Row(image), scores.Labels[image]), counts.Length - 1)]++;
        return new(
            Ranks
                .Where(rank => rank <= scores.Classes)
                .Select(rank => KeyValuePair.Create(rank, (double)counts.Take(rank).Sum() / scores.Count))
        );
    }

    private static int ClassesBefore(ReadOnlySpan<float> row, int label)
    {
        var before = 0;
        for (var index = 0; index < row.Length; index++)
        {
            if (row[index] > row[label] || (row[index] == row[label] && index < label))
                before++;
        }

        return before;
    }
}
