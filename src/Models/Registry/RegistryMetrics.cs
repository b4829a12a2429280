using System.Globalization;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Registry.Routing;

namespace ModelService.Models.Registry;

/// <summary>
/// The service's own metrics: the counts of each model, its versions by state, and memory by device. Only models that
/// exist are labels, so clients can't invent labels.
/// </summary>
public sealed class RegistryMetrics
{
    private readonly ModelRegistry registry;
    private readonly MemoryBudget budget;
    private readonly RegistrySync sync;

    internal RegistryMetrics(ModelRegistry registry, MemoryBudget budget, RegistrySync sync) =>
        (this.registry, this.budget, this.sync) = (registry, budget, sync);

    /// <summary>The metrics with their values now; one without values has no samples.</summary>
    public IReadOnlyList<MetricFamily> Collect()
    {
        var models = registry.List();
        List<string> devices =
        [
            .. models
                .SelectMany(InMemory)
                .Select(version => version.Current.Execution!.Device)
                .Append("cpu")
                .Distinct(),
        ];
        return
        [
            .. ModelMetrics.Collect(models.Select(entry => entry.Metrics)),
            .. VersionMetrics.Collect(
                from entry in models
                from version in entry.Versions
                select (
                    version.Served,
                    new[] { ("model", entry.Name), ("version", version.Version.ToString(CultureInfo.InvariantCulture)) }
                )
            ),
            .. RouteMetrics.Collect(models),
            Gauge(
                "modelservice_model_versions",
                "Versions of a model in a state.",
                from entry in models
                from versions in entry.Versions.GroupBy(version => version.Current.State)
                select Sample(versions.Count(), ("model", entry.Name), ("state", WireNames.Get(versions.Key)))
            ),
            Gauge(
                "modelservice_model_memory_bytes",
                "Bytes that a model takes on a device: its weights, its plan, and room to compute a batch.",
                from entry in models
                from versions in InMemory(entry).GroupBy(version => version.Current.Execution!.Device)
                select Sample(
                    versions.Sum(version => version.MemoryBytes),
                    ("model", entry.Name),
                    ("device", versions.Key)
                )
            ),
            Gauge(
                "modelservice_memory_used_bytes",
                "Bytes of the memory budget that are taken: weights, room to compute a batch, and on the CPU programs "
                    + "that wait for their next plan.",
                devices.Select(device => Sample(budget.Used(device), ("device", device)))
            ),
            Gauge(
                "modelservice_memory_limit_bytes",
                "Bytes of the memory budget; a device without a limit has none.",
                devices
                    .Where(device => budget.Limit(device) < long.MaxValue)
                    .Select(device => Sample(budget.Limit(device), ("device", device)))
            ),
            .. sync.Statistics is { } statistics ? Sharing(statistics) : [],
        ];
    }

    private static MetricFamily[] Sharing(SyncStatistics statistics) =>
        [
            Gauge(
                "modelservice_store_revision_wanted",
                "The revision of the store that servers share, as this server heard it last.",
                [Sample(statistics.Wanted)]
            ),
            Gauge(
                "modelservice_store_revision_reached",
                "The revision of the store that servers share which this server serves.",
                [Sample(statistics.Reached)]
            ),
            Gauge(
                "modelservice_rollouts",
                "Models whose new default version does not answer yet, since servers are not ready for it.",
                [Sample(statistics.Rollouts)]
            ),
            Counter(
                "modelservice_rollouts_late_total",
                "New default versions that answer although too few servers were ready in time.",
                statistics.Late
            ),
            Gauge(
                "modelservice_blob_cache_bytes",
                "Bytes of weights, samples and photos in this server's cache.",
                [Sample(statistics.Cache.Bytes)]
            ),
            Counter(
                "modelservice_blob_cache_hits_total",
                "Files of versions and data sets that were opened from the cache.",
                statistics.Cache.Hits
            ),
            Counter(
                "modelservice_blob_cache_misses_total",
                "Files of versions and data sets that were not in the cache.",
                statistics.Cache.Misses
            ),
            Counter(
                "modelservice_blob_errors_total",
                "Files of versions and data sets that could not be stored or fetched.",
                statistics.Cache.Errors
            ),
        ];

    private static MetricFamily Counter(string name, string help, long value) =>
        new(name, "counter", help, [Sample(value)]);

    private static IEnumerable<ModelVersion> InMemory(ModelEntry entry) =>
        entry.Versions.Where(version => version.Current.State is VersionState.Ready or VersionState.Draining);

    private static MetricFamily Gauge(string name, string help, IEnumerable<MetricSample> samples) =>
        new(name, "gauge", help, [.. samples]);

    private static MetricSample Sample(long value, params (string Name, string Value)[] labels) =>
        new("", labels, value);
}
