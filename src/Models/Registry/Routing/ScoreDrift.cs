namespace ModelService.Models.Registry.Routing;

/// <summary>How far the best classes of two versions are apart.</summary>
internal static class ScoreDrift
{
    // The rarer classes are counted together: of many rare ones, chance alone makes a large distance.
    private const int MaxClasses = 20;

    /// <summary>
    /// The total variation distance of two histograms (Levin, Peres, Wilmer: Markov Chains and Mixing Times, section
    /// 4.1), <c>sum |p - q| / 2</c>, less the distance that is expected of two samples of one distribution.
    /// </summary>
    /// <param name="first">The counts of the first, by class.</param>
    /// <param name="second">The counts of the second.</param>
    /// <returns>From 0, alike, to 1; null when a histogram is empty.</returns>
    /// <remarks>
    /// A difference of two sample means is about normal, with the variance <c>r (1 - r) (1/n + 1/m)</c>, where r is the
    /// class's share of both; the mean of its absolute value is the deviation times <c>sqrt(2 / pi)</c>.
    /// </remarks>
    public static double? Between(IReadOnlyDictionary<string, long> first, IReadOnlyDictionary<string, long> second)
    {
        var (n, m) = ((double)first.Values.Sum(), (double)second.Values.Sum());
        if (n == 0 || m == 0)
            return null;
        var cells = first
            .Keys.Union(second.Keys)
            .Select(key => (Key: key, First: first.GetValueOrDefault(key), Second: second.GetValueOrDefault(key)))
            .OrderByDescending(cell => (cell.First / n) + (cell.Second / m))
            .ThenBy(cell => cell.Key, StringComparer.Ordinal)
            .ToList();
        var rest = cells.Skip(MaxClasses).ToList();
        var distance = 0.0;
        foreach (
            var (a, b) in cells
                .Take(MaxClasses)
                .Select(cell => (cell.First, cell.Second))
                .Append((rest.Sum(cell => cell.First), rest.Sum(cell => cell.Second)))
        )
        {
            var share = (a + b) / (n + m);
            var expected = Math.Sqrt(2 / Math.PI * share * (1 - share) * ((1 / n) + (1 / m)));
            distance += Math.Abs((a / n) - (b / m)) - expected;
        }

        return Math.Max(0, distance / 2);
    }
}
