using ModelService.Models.Registry.Routing;

namespace ModelService.Models.Tests.Registry.Routing;

/// <summary>The distance of the best classes of two versions, and percentiles of latencies.</summary>
public sealed class ScoreDriftTests
{
    [Fact]
    public void Between_ManyAnswers_IsTheTotalVariation()
    {
        var first = new Dictionary<string, long> { ["cat"] = 600_000, ["dog"] = 400_000 };
        var second = new Dictionary<string, long>
        {
            ["cat"] = 300_000,
            ["dog"] = 500_000,
            ["pug"] = 200_000,
        };

        Assert.Equal(0.3, ScoreDrift.Between(first, second)!.Value, 0.002);
        Assert.Equal(0, ScoreDrift.Between(first, first)!.Value);
        Assert.Null(ScoreDrift.Between(first, new Dictionary<string, long>()));
    }

    /// <summary>Chance makes no drift, however many classes there are, and the distance is symmetric.</summary>
    [Theory]
    [InlineData(2, 100)]
    [InlineData(10, 100)]
    [InlineData(1000, 100)]
    [InlineData(1000, 1000)]
    public void Between_TwoSamplesOfOneDistribution_IsSmall(int classes, int answers)
    {
        var random = TestSeed.Generator(classes + answers);
        var drifts = new List<double>();
        for (var round = 0; round < 300; round++)
        {
            var (first, second) = (Sample(answers), Sample(answers * 2));
            var drift = ScoreDrift.Between(first, second)!.Value;
            Assert.Equal(drift, ScoreDrift.Between(second, first)!.Value, 1e-12);
            Assert.InRange(drift, 0, 1);
            drifts.Add(drift);
        }

        Assert.True(drifts.Max() < 0.25, $"The largest drift by chance is {drifts.Max()}.");
        return;

        Dictionary<string, long> Sample(int count) =>
            Enumerable
                .Range(0, count)
                .GroupBy(_ => $"{random.Next(classes)}")
                .ToDictionary(group => group.Key, group => group.LongCount());
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    [InlineData(1)]
    public void Percentile_OfLatencies_IsExactToNinePercent(double share)
    {
        var random = TestSeed.Generator();
        var histogram = new LatencyHistogram();
        Assert.Null(histogram.Percentile(share));
        var latencies = Enumerable.Range(0, 500).Select(_ => Math.Exp((random.NextDouble() * 12) - 8)).Order().ToList();
        foreach (var seconds in latencies)
            histogram.Record(TimeSpan.FromSeconds(seconds));

        var exact = latencies[(int)Math.Ceiling(share * latencies.Count) - 1];

        Assert.InRange(histogram.Percentile(share)!.Value.TotalSeconds, exact * 0.999, exact * 1.1);
    }
}
