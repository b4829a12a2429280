using ModelService.Models.Registry.Routing;
using ModelService.Models.Storage;

namespace ModelService.Models.Tests.Registry.Routing;

/// <summary>The conditions at which routes stop.</summary>
public sealed class CanaryTests
{
    private const int Stable = 3;
    private const int New = 4;
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    [Fact]
    public void Record_TwoEqualVersions_NeverStops()
    {
        var random = TestSeed.Generator();
        for (var round = 0; round < 200; round++)
        {
            var canary = Create();
            for (var request = 0; request < 2000; request++)
            {
                // Latencies with a long tail, 2 % errors, and 50 classes of unequal size.
                var made = Request(
                    Math.Exp(2 + random.NextDouble()),
                    random.Next(50) == 0,
                    $"{(int)(50 * Math.Pow(random.NextDouble(), 2))}"
                );
                Assert.Null(canary.Record(random.Next(10) == 0 ? New : Stable, made, Now));
            }
        }
    }

    [Fact]
    public void Record_Errors_StopBeforeTheLeastRequests()
    {
        var canary = Create();
        Record(canary, Stable, 900, Request(1));

        // Had the other 92 of 100 requests been answered, 8 % would be 5.3 % more than chance makes of none.
        Record(canary, New, 7, Request(1, isError: true));
        var stop = canary.Record(New, Request(1, isError: true), Now);

        Assert.Equal(new RouteStop(Now, New, StopCondition.MaxErrorRate, 0.05, 1, 0, 8, 900), stop);
        Assert.Equal(
            "100 % of the requests of version 4 failed, and 0 % of the stable version's; the limit is 5 % more.",
            stop!.Reason
        );
        Assert.Same(stop, canary.Stopped);
        Assert.All(Enumerable.Range(0, 100), bucket => Assert.Equal(Stable, canary.Choose(bucket)));
        Assert.Null(canary.Record(New, Request(1, isError: true), Now));
    }

    [Fact]
    public void Record_ErrorsOfBothVersions_DoNotStop()
    {
        var canary = Create();
        for (var request = 0; request < 200; request++)
        {
            var failing = Request(1, isError: request % 3 == 0);
            Assert.Null(canary.Record(Stable, failing, Now));
            Assert.Null(canary.Record(New, failing, Now));
        }
    }

    [Theory]
    [InlineData(40, 85, true)]
    [InlineData(40, 70, false)]
    [InlineData(1, 4, false)] // three milliseconds more
    public void Record_Latency_StopsBeyondTheRatio(double stable, double other, bool stops)
    {
        var canary = Create();
        Record(canary, Stable, 100, Request(stable));

        // After the least requests, it has to be slow for half as many again.
        Record(canary, New, 139, Request(other));
        var stop = canary.Record(New, Request(other), Now);

        Assert.Equal(stops ? StopCondition.MaxLatencyRatio : null, stop?.Condition);
        if (stops)
        {
            Assert.InRange(stop!.Measured, other, other * 1.1);
            Assert.InRange(stop.OfStable!.Value, stable, stable * 1.1);
            Assert.Contains("95 % of the requests of version 4 took up to ", stop.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Record_OtherClasses_StopByDrift()
    {
        var canary = Create();
        for (var request = 0; request < 100; request++)
            Assert.Null(canary.Record(Stable, Request(1, best: request % 2 == 0 ? "cat" : "dog"), Now));
        Record(canary, New, 99, Request(1, best: "cat"));

        var stop = canary.Record(New, Request(1, best: "cat"), Now);

        Assert.Equal(StopCondition.MaxDrift, stop!.Condition);
        Assert.InRange(stop.Measured, 0.4, 0.5);
        Assert.Null(stop.OfStable);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    public void Record_StableVersionWithTooFewRequests_IsNoMeasure(int requests)
    {
        var canary = Create();
        Record(canary, Stable, requests, Request(1, best: "cat"));
        Record(canary, New, 500, Request(900, best: "dog"));

        Assert.Null(canary.Stopped);
    }

    [Fact]
    public void After_SameRoutes_GoesOnCounting()
    {
        var canary = Create();
        Record(canary, New, 7, Request(1));
        var stop = new RouteStop(Now, New, StopCondition.MaxDrift, 0.25, 0.5, null, 100, 100);

        Assert.Same(canary, Canary.After(canary, canary.Routes with { }));
        Assert.Equal(7, canary.Figures(New)!.Requests);
        Assert.Same(canary, Canary.After(canary, canary.Routes with { Stopped = stop }));
        Assert.Equal(stop, canary.Stopped);
        Assert.Null(Canary.After(canary, null));
        var again = Canary.After(canary, canary.Routes with { Since = Now.AddSeconds(1) })!;
        Assert.Equal((0, null), (again.Figures(New)!.Requests, again.Stopped));
    }

    private static Canary Create() =>
        new(
            new ModelRoutes
            {
                Shares = new Dictionary<int, int> { [Stable] = 90, [New] = 10 },
                Stable = Stable,
                Stop = new StopConditions(),
                Since = Now,
            }
        );

    private static void Record(Canary canary, int version, int count, ServedRequest request)
    {
        for (var index = 0; index < count; index++)
            Assert.Null(canary.Record(version, request, Now));
    }

    private static ServedRequest Request(double milliseconds, bool isError = false, string best = "cat") =>
        new(TimeSpan.FromMilliseconds(milliseconds), isError, isError ? [] : [best]);
}
