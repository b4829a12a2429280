namespace ModelService.Models.Evaluation;

/// <summary>
/// McNemar's test: whether two networks differ on the same images by more than chance. Only the images count that
/// exactly one of them is right about. Source: Q. McNemar, "Note on the sampling error of the difference between
/// correlated proportions or percentages", Psychometrika 12 (1947).
/// </summary>
/// <param name="OnlyFirst">The images that only the first network is right about.</param>
/// <param name="OnlySecond">The images that only the second network is right about.</param>
/// <param name="PValue">
/// The two-sided p-value: how likely two equally good networks differ so much. 1 if they do not differ.
/// </param>
/// <param name="IsExact">
/// Whether the p-value is that of the binomial distribution, as below 1,000 images. Above, it is that of χ² with one
/// degree of freedom and A. L. Edwards' correction for continuity.
/// </param>
public sealed record McNemar(int OnlyFirst, int OnlySecond, double PValue, bool IsExact)
{
    private const int FewImages = 1000; // 2^-999 is still a normal float64

    /// <summary>Tests two networks.</summary>
    /// <param name="firstRight">Whether the first network is right, image by image.</param>
    /// <param name="secondRight">Whether the second network is right about the same images.</param>
    internal static McNemar Test(IReadOnlyList<bool> firstRight, IReadOnlyList<bool> secondRight)
    {
        if (firstRight.Count != secondRight.Count)
            throw new ArgumentException("The two networks have different numbers of images.", nameof(secondRight));
        var pairs = firstRight.Zip(secondRight).Where(pair => pair.First != pair.Second).ToList();
        var onlyFirst = pairs.Count(pair => pair.First);
        return Test(onlyFirst, pairs.Count - onlyFirst);
    }

    /// <summary>Tests two networks.</summary>
    /// <param name="onlyFirst">The images that only the first network is right about.</param>
    /// <param name="onlySecond">The images that only the second network is right about.</param>
    internal static McNemar Test(int onlyFirst, int onlySecond)
    {
        var isExact = (long)onlyFirst + onlySecond < FewImages;
        var p = isExact ? Binomial(onlyFirst, onlySecond) : ChiSquare(onlyFirst, onlySecond);
        return new McNemar(onlyFirst, onlySecond, p, isExact);
    }

    // Twice the chance of at most the smaller number of heads in that many throws of a fair coin.
    private static double Binomial(int onlyFirst, int onlySecond)
    {
        var (fewer, total) = (Math.Min(onlyFirst, onlySecond), onlyFirst + onlySecond);
        var term = Math.ScaleB(1, -total);
        var sum = term;
        for (var heads = 1; heads <= fewer; heads++)
            sum += term *= (double)(total - heads + 1) / heads;
        return Math.Min(1, 2 * sum);
    }

    private static double ChiSquare(int onlyFirst, int onlySecond)
    {
        var distance = Math.Max(0, Math.Abs((double)onlyFirst - onlySecond) - 1);
        return ComplementaryError(distance / Math.Sqrt(2 * ((double)onlyFirst + onlySecond)));
    }

    // erfc(x), which is the upper tail of χ² with one degree of freedom at 2x². Its series, and its continued
    // fraction from the end (NIST Digital Library of Mathematical Functions, 7.6.2 and 7.9.1).
    private static double ComplementaryError(double x)
    {
        const int Terms = 200;
        var scale = Math.Exp(-x * x) / Math.Sqrt(Math.PI);
        if (x > 2)
        {
            var fraction = x;
            for (var term = Terms; term > 0; term--)
                fraction = x + (term / 2.0 / fraction);
            return scale / fraction;
        }

        var (product, sum) = (x, x);
        for (var term = 1; term < Terms; term++)
            sum += product *= 2 * x * x / ((2 * term) + 1);
        return 1 - (2 * scale * sum);
    }
}
