namespace ModelService.Models.Registry.Routing;

/// <summary>What a version did with the requests that were routed to it. Not thread-safe.</summary>
internal sealed class VersionTally
{
    private const double Tail = 0.95;

    private readonly Dictionary<string, long> classes = new(StringComparer.Ordinal);
    private readonly LatencyHistogram latencies = new();

    /// <summary>The requests.</summary>
    public long Requests { get; private set; }

    /// <summary>Those that the version failed.</summary>
    public long Errors { get; private set; }

    /// <summary>The share of failed requests.</summary>
    public double ErrorRate => Requests == 0 ? 0 : (double)Errors / Requests;

    /// <summary>The 95th percentile of the latency of answered requests; null: there are none.</summary>
    public TimeSpan? P95 => latencies.Percentile(Tail);

    /// <summary>How many checks in a row found that it is slow.</summary>
    public int SlowChecks { get; set; }

    /// <summary>
    /// A bound of <see cref="P95"/>: the percentile that is some standard deviations of its rank away from it.
    /// </summary>
    /// <param name="deviations">How many; negative for a lower bound.</param>
    public TimeSpan? BoundOfP95(int deviations) =>
        latencies.Percentile(Math.Clamp(Tail + (deviations * Math.Sqrt(Tail * (1 - Tail) / Requests)), 0, 1));

    /// <summary>Counts a request.</summary>
    public void Add(ServedRequest request)
    {
        Requests++;
        if (request.IsError)
            Errors++;
        else if (request.BestClasses.Count > 0)
            latencies.Record(request.Latency);
        foreach (var name in request.BestClasses)
            classes[name] = classes.GetValueOrDefault(name) + 1;
    }

    /// <summary>How far the best classes are from those of another version; null: there are none.</summary>
    public double? DriftFrom(VersionTally other) => ScoreDrift.Between(classes, other.classes);
}

/// <summary>A request that a version answered or failed.</summary>
/// <param name="Latency">The time from the choice of the version to the answer.</param>
/// <param name="IsError">Whether the version failed it.</param>
/// <param name="BestClasses">The best class of each scored input, by its label or its index.</param>
internal sealed record ServedRequest(TimeSpan Latency, bool IsError, IReadOnlyList<string> BestClasses);
