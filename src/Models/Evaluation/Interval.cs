namespace ModelService.Models.Evaluation;

/// <summary>A range that holds the true value in 95 % of all samples.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    // The 97.5 % quantile of the normal distribution.
    private const double Z = 1.959963984540054;

    /// <summary>
    /// The Wilson score interval of a share, from 0 to 1. It is good for small numbers too, and for shares of 0 and 1.
    /// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    /// </summary>
    /// <param name="hits">The hits; 0 to <paramref name="total"/>.</param>
    /// <param name="total">The trials. Of none, the interval is 0 to 1.</param>
    public static Interval Wilson(long hits, long total)
    {
        if (total == 0)
            return new Interval(0, 1);
        var (share, square) = ((double)hits / total, Z * Z / total);
        var middle = (share + (square / 2)) / (1 + square);
        var half = Z / (1 + square) * Math.Sqrt(((share * (1 - share)) + (square / 4)) / total);
        return new Interval(hits == 0 ? 0 : middle - half, hits == total ? 1 : middle + half);
    }
}

/// <summary>A share of some trials.</summary>
/// <param name="Value">The share, 0 to 1; 0 of no trials.</param>
/// <param name="Interval">Its 95 % interval.</param>
public readonly record struct Proportion(double Value, Interval Interval)
{
    /// <summary>Creates the share with its Wilson interval.</summary>
    /// <param name="hits">The hits; 0 to <paramref name="total"/>.</param>
    /// <param name="total">The trials.</param>
    public static Proportion Of(long hits, long total) =>
        new(total == 0 ? 0 : (double)hits / total, Interval.Wilson(hits, total));
}
