namespace ModelService.Models.Execution;

/// <summary>
/// The counts of one version, which belong to it as those of <see cref="ModelMetrics"/> to the model. Thread-safe.
/// </summary>
public sealed class VersionMetrics
{
    private readonly Lock gate = new(); // of all below
    private readonly Histogram latency = new(ModelMetrics.Seconds);
    private long errors;

    /// <summary>Records a prediction.</summary>
    /// <param name="duration">The time from the choice of the version to the answer.</param>
    /// <param name="isError">Whether the version failed it.</param>
    internal void Record(TimeSpan duration, bool isError)
    {
        lock (gate)
        {
            latency.Record(duration.TotalSeconds);
            if (isError)
                errors++;
        }
    }

    /// <summary>The metrics of versions; those without a prediction have no samples.</summary>
    /// <param name="versions">The counts of each version, with its labels.</param>
    internal static IReadOnlyList<MetricFamily> Collect(
        IEnumerable<(VersionMetrics Metrics, (string Name, string Value)[] Labels)> versions
    )
    {
        List<MetricSample> latencies = [];
        List<MetricSample> errors = [];
        foreach (var (metrics, labels) in versions)
        {
            lock (metrics.gate)
            {
                if (metrics.latency.Count == 0)
                    continue;
                latencies.AddRange(metrics.latency.Samples(labels));
                errors.Add(new MetricSample("", labels, metrics.errors));
            }
        }

        return
        [
            new MetricFamily(
                "modelservice_version_request_duration_seconds",
                "histogram",
                "Time of a prediction from the choice of its version to the answer.",
                latencies
            ),
            new MetricFamily(
                "modelservice_version_errors_total",
                "counter",
                "Predictions that a version failed: all but those whose photos can't be read.",
                errors
            ),
        ];
    }
}
