using ModelService.Models.Storage;

namespace ModelService.Models.Registry.Routing;

/// <summary>
/// The routes of a model while they hold: chooses the version of a request, counts what each version does, and stops
/// for good at the first broken condition. Thread-safe.
/// </summary>
internal sealed class Canary
{
    // Of networks that take less, a ratio says nothing that a caller would notice.
    private static readonly TimeSpan LeastDelay = TimeSpan.FromMilliseconds(5);

    // The standard deviations by which a measure has to be beyond chance.
    private const int Deviations = 3;

    // A stall of the machine makes some requests of one version slow: it has to stay slow for half of them more.
    private const int ChecksPerMinRequests = 10;
    private const int SlowChecks = 5;

    private readonly Lock gate = new(); // of the tallies
    private readonly SortedDictionary<int, VersionTally> tallies = [];
    private volatile RouteStop? stopped;

    /// <summary>Begins to count.</summary>
    /// <param name="routes">The routes.</param>
    public Canary(ModelRoutes routes)
    {
        (Routes, stopped) = (routes, routes.Stopped);
        foreach (var version in routes.Shares.Keys)
            tallies[version] = new VersionTally();
    }

    /// <summary>The routes as they were set.</summary>
    public ModelRoutes Routes { get; }

    /// <summary>Why they have stopped; null while they hold.</summary>
    public RouteStop? Stopped => stopped;

    /// <summary>The canary of a model whose routes were set, removed, stopped, or left as they are.</summary>
    /// <param name="before">The canary before.</param>
    /// <param name="routes">The routes now.</param>
    public static Canary? After(Canary? before, ModelRoutes? routes)
    {
        if (routes is not { AreSound: true })
            return null;
        if (before?.Routes.Since != routes.Since)
            return new Canary(routes);
        before.stopped ??= routes.Stopped;
        return before;
    }

    /// <summary>
    /// The version of a bucket. The stable version has the last buckets: when another one gets a larger share, the
    /// callers that it has stay with it.
    /// </summary>
    /// <param name="bucket">The bucket, of <see cref="RouteBuckets"/>.</param>
    public int Choose(int bucket)
    {
        if (stopped is not null)
            return Routes.Stable;
        foreach (
            var (version, share) in Routes.Shares.Where(pair => pair.Key != Routes.Stable).OrderBy(pair => pair.Key)
        )
        {
            bucket -= share;
            if (bucket < 0)
                return version;
        }

        return Routes.Stable;
    }

    /// <summary>Counts a request that was routed.</summary>
    /// <param name="version">The version that it went to.</param>
    /// <param name="request">The request.</param>
    /// <param name="now">The time.</param>
    /// <returns>Why the routes stop by it; null when they don't.</returns>
    public RouteStop? Record(int version, ServedRequest request, DateTimeOffset now)
    {
        lock (gate)
        {
            if (!tallies.TryGetValue(version, out var tally))
                return null;
            tally.Add(request);
            if (stopped is not null || version == Routes.Stable)
                return null;
            return stopped = Broken(version, tally, now);
        }
    }

    /// <summary>What was counted of a version; nothing when there is no such route.</summary>
    /// <param name="version">The version.</param>
    public RouteFigures? Figures(int version)
    {
        lock (gate)
        {
            return tallies.TryGetValue(version, out var tally)
                ? new RouteFigures(
                    tally.Requests,
                    tally.Errors,
                    tally.P95?.TotalMilliseconds,
                    version == Routes.Stable ? null : tally.DriftFrom(tallies[Routes.Stable])
                )
                : null;
        }
    }

    // Whether a version is slower by more than chance makes of equal ones: its lower bound against the upper one.
    private static bool IsSlow(VersionTally tally, VersionTally stable, double maxRatio) =>
        (tally.BoundOfP95(-Deviations), stable.BoundOfP95(Deviations)) is ({ } own, { } other)
        && own > other * maxRatio
        && own - other > LeastDelay;

    // How much larger a version's share of failed requests is than the stable one's, less three standard deviations of
    // what chance makes of equal shares. Requests that are missing to the least number count as answered: what breaks
    // the condition even so, breaks it at once.
    private static double ExcessErrors(VersionTally tally, VersionTally stable, int minRequests)
    {
        var (n, m) = (Math.Max(tally.Requests, minRequests), stable.Requests);
        var pooled = (double)(tally.Errors + stable.Errors) / (n + m);
        var variance = pooled * (1 - pooled) * ((1.0 / n) + (m == 0 ? 0 : 1.0 / m));
        return ((double)tally.Errors / n) - stable.ErrorRate - (Deviations * Math.Sqrt(variance));
    }

    // The first condition that a version breaks; null: none. Called under the lock.
    private RouteStop? Broken(int version, VersionTally tally, DateTimeOffset now)
    {
        var (stop, stable) = (Routes.Stop, tallies[Routes.Stable]);
        RouteStop Break(StopCondition condition, double limit, double measured, double? ofStable) =>
            new(now, version, condition, limit, measured, ofStable, tally.Requests, stable.Requests);

        if (ExcessErrors(tally, stable, stop.MinRequests) > stop.MaxErrorRate)
            return Break(StopCondition.MaxErrorRate, stop.MaxErrorRate, tally.ErrorRate, stable.ErrorRate);

        // The others take long to compute, and are only looked at now and then.
        if (
            Math.Min(tally.Requests, stable.Requests) < stop.MinRequests
            || tally.Requests % Math.Max(1, stop.MinRequests / ChecksPerMinRequests) != 0
        )
        {
            return null;
        }

        tally.SlowChecks = IsSlow(tally, stable, stop.MaxLatencyRatio) ? tally.SlowChecks + 1 : 0;
        if (tally.SlowChecks == SlowChecks && (tally.P95, stable.P95) is ({ } own, { } other))
        {
            var (measured, ofStable) = (own.TotalMilliseconds, other.TotalMilliseconds);
            return Break(StopCondition.MaxLatencyRatio, stop.MaxLatencyRatio, measured, ofStable);
        }

        return tally.DriftFrom(stable) is { } drift && drift > stop.MaxDrift
            ? Break(StopCondition.MaxDrift, stop.MaxDrift, drift, null)
            : null;
    }
}

/// <summary>What was counted of a routed version since the routes were set, or since the server started.</summary>
/// <param name="Requests">The requests.</param>
/// <param name="Errors">Those that it failed.</param>
/// <param name="P95">The 95th percentile of the latency in milliseconds; null: there is none.</param>
/// <param name="Drift">How far its best classes are from the stable version's, 0 to 1; null of that version.</param>
public sealed record RouteFigures(long Requests, long Errors, double? P95, double? Drift);
