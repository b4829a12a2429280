namespace ModelService.Models.Registry.Routing;

/// <summary>What a version did with the requests that were routed to it. Not thread-safe.</summary>
internal sealed class VersionTally
{
    private readonly Dictionary<string, long> classes = new(StringComparer.Ordinal);
    private readonly LatencyHistogram latencies = new();

    /// <summary>The requests.</summary>
    public long Requests { get; private set; }

    /// <summary>Those that the version failed.</summary>
    public long Errors { get; private set; }

    /// <summary>The share of failed requests.</summary>
    public double ErrorRate => Requests == 0 ? 0 : (double)Errors / Requests;

    /// <summary>The 95th percentile of the latency of answered requests; null: there are none.</summary>
    public TimeSpan? P95 => latencies.Percentile(0.95);

    /// <summary>Counts a request.</summary>
    public void Add(ServedRequest request)
    {
        Requests++;
        if (request.IsError)
            Errors++;
        else
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
