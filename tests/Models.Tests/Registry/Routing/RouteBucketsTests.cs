using ModelService.Models.Registry.Routing;
using ModelService.Models.Storage;

namespace ModelService.Models.Tests.Registry.Routing;

/// <summary>A caller's bucket, and the version of a bucket.</summary>
public sealed class RouteBucketsTests
{
    // Servers of different releases must agree, so these never change.
    [Theory]
    [InlineData("pets", "ann", 75)]
    [InlineData("pets", "bob", 36)]
    [InlineData("digits", "ann", 46)]
    public void Of_NamedCaller_IsTheSameInEveryRelease(string model, string client, int bucket) =>
        Assert.Equal(bucket, RouteBuckets.Of(model, client));

    [Fact]
    public void Choose_NamedCallers_AreDividedEvenly()
    {
        var buckets = new RouteBuckets(new Random(1));
        var counts = new int[RouteBuckets.Count];
        for (var caller = 0; caller < 100_000; caller++)
            counts[buckets.Choose("pets", $"user-{caller}")]++;

        // A bucket has 1,000 callers, with a standard deviation of 31.5.
        Assert.All(counts, count => Assert.InRange(count, 1000 - (5 * 32), 1000 + (5 * 32)));
    }

    [Fact]
    public void Choose_CallersOfTwoModels_AreDividedIndependently()
    {
        var callers = Enumerable.Range(0, 10_000).Select(caller => $"user-{caller}").ToList();
        var first = callers.Where(caller => RouteBuckets.Of("pets", caller) < 10).ToList();

        // Of the callers that are first with one model, a tenth is with another: 100, with a deviation of 9.5.
        Assert.InRange(first.Count(caller => RouteBuckets.Of("digits", caller) < 10), 50, 150);
    }

    [Fact]
    public void Choose_CallersWithoutAName_AreDrawnBySeed()
    {
        var (first, same) = (new RouteBuckets(new Random(7)), new RouteBuckets(new Random(7)));

        Assert.All(Enumerable.Range(0, 1000), _ => Assert.Equal(first.Choose("pets", null), same.Choose("pets", null)));
    }

    /// <summary>
    /// For any routes: the buckets of each version are as many as its percents, and whoever has a version keeps it
    /// while its share only grows.
    /// </summary>
    [Fact]
    public void Choose_AnyRoutes_GivesEachVersionItsShareAndKeepsItsCallers()
    {
        var random = TestSeed.Generator();
        for (var round = 0; round < 2000; round++)
        {
            var shares = DrawShares(random);
            var stable = shares.Keys.ElementAt(random.Next(shares.Count));
            var chosen = ChooseAll(shares, stable);

            foreach (var (version, share) in shares)
                Assert.Equal(share, chosen.Count(item => item == version));
            Assert.Equal(chosen, ChooseAll(shares.Reverse().ToDictionary(), stable));

            var last = shares.Keys.Where(version => version != stable).DefaultIfEmpty(stable).Max();
            var moved = random.Next(shares[stable] + 1);
            var grown = shares.ToDictionary();
            (grown[stable], grown[last]) =
                last == stable ? (grown[stable], grown[last]) : (grown[stable] - moved, grown[last] + moved);
            var next = ChooseAll(grown, stable);
            Assert.All(
                Enumerable.Range(0, chosen.Count).Where(bucket => chosen[bucket] != stable),
                bucket => Assert.Equal(chosen[bucket], next[bucket])
            );
        }
    }

    private static List<int> ChooseAll(IReadOnlyDictionary<int, int> shares, int stable)
    {
        var canary = new Canary(
            new ModelRoutes
            {
                Shares = shares,
                Stable = stable,
                Stop = new StopConditions(),
                Since = default,
            }
        );
        return [.. Enumerable.Range(0, RouteBuckets.Count).Select(canary.Choose)];
    }

    private static Dictionary<int, int> DrawShares(Random random)
    {
        var count = random.Next(1, 6);
        var cuts = Enumerable.Range(1, count - 1).Select(_ => random.Next(101)).Append(0).Append(100).Order().ToList();
        return cuts.Skip(1)
            .Zip(cuts, (end, start) => end - start)
            .Index()
            .ToDictionary(pair => (pair.Index * 3) + 1, pair => pair.Item);
    }
}
