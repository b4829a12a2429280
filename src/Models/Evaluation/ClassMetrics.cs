namespace ModelService.Models.Evaluation;

/// <summary>How well a network knows one class. A share is 0 where its divisor is 0.</summary>
/// <param name="Precision">The share of hits among the images that the network takes for the class.</param>
/// <param name="Recall">The share of hits among the images of the class.</param>
/// <param name="F1">The harmonic mean of precision and recall.</param>
/// <param name="Support">The number of images of the class.</param>
public sealed record ClassMetrics(Proportion Precision, Proportion Recall, Proportion F1, int Support)
{
    internal static ClassMetrics Of(ConfusionMatrix confusion, int index)
    {
        var (hits, predicted, support) = (
            confusion[index, index],
            confusion.Predicted(index),
            confusion.Labelled(index)
        );
        return new ClassMetrics(
            Proportion.Of(hits, predicted),
            Proportion.Of(hits, support),
            F1Of(hits, predicted + support - hits),
            support
        );
    }

    // F1 grows with the share J = hits / (images of the class, by label or by network), which is one of trials: F1 =
    // 2J / (1 + J). So its interval is that of J, transformed. Source: K. Y. Lam, "Confidence intervals for the F1
    // score: a comparison of four methods", arXiv:2309.14621, "Wilson indirect".
    private static Proportion F1Of(int hits, int either)
    {
        var (share, interval) = Proportion.Of(hits, either);
        return new Proportion(Of(share), new Interval(Of(interval.Low), Of(interval.High)));

        static double Of(double share) => 2 * share / (1 + share);
    }
}

/// <summary>Means of the figures of all classes.</summary>
/// <param name="Precision">The mean precision.</param>
/// <param name="Recall">The mean recall.</param>
/// <param name="F1">The mean of the F1 of the classes.</param>
public sealed record MeanMetrics(double Precision, double Recall, double F1)
{
    internal static MeanMetrics Of(IReadOnlyList<ClassMetrics> classes, Func<ClassMetrics, double> weight)
    {
        var total = classes.Sum(weight);
        return new MeanMetrics(
            Mean(item => item.Precision.Value),
            Mean(item => item.Recall.Value),
            Mean(item => item.F1.Value)
        );

        double Mean(Func<ClassMetrics, double> value) => classes.Sum(item => weight(item) * value(item)) / total;
    }
}
