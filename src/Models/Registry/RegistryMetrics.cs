using System.Diagnostics.Metrics;
using ModelService.Models.Errors;
using ModelService.Models.Execution;

namespace ModelService.Models.Registry;

/// <summary>The registry's gauges: versions by state, and memory by device.</summary>
internal sealed class RegistryMetrics
{
    private readonly ModelRegistry registry;

    /// <summary>Creates the gauges.</summary>
    /// <param name="meters">Creates the meter, the same one as for <see cref="ServingMetrics"/>.</param>
    /// <param name="registry">The models.</param>
    /// <param name="budget">The memory that they use and may use.</param>
    public RegistryMetrics(IMeterFactory meters, ModelRegistry registry, MemoryBudget budget)
    {
        this.registry = registry;
        var meter = meters.Create(ServingMetrics.MeterName);
        meter.CreateObservableGauge(
            "modelservice.model.versions",
            CountVersions,
            "{version}",
            "Versions of a model in a state."
        );
        meter.CreateObservableGauge(
            "modelservice.model.memory",
            CountBytes,
            "By",
            "Bytes that a model takes on a device: its tensors, its plan, and room to compute a batch."
        );
        meter.CreateObservableGauge(
            "modelservice.memory.used",
            () => Devices().Select(device => OnDevice(device, budget.Used(device))),
            "By",
            "Bytes of the memory budget that are taken: tensors, room to compute a batch, and on the CPU programs that "
                + "wait for their next plan."
        );
        meter.CreateObservableGauge(
            "modelservice.memory.limit",
            () =>
                Devices()
                    .Where(device => budget.Limit(device) < long.MaxValue)
                    .Select(device => OnDevice(device, budget.Limit(device))),
            "By",
            "Bytes of the memory budget; a device without a limit has none."
        );
    }

    private IEnumerable<Measurement<int>> CountVersions() =>
        from entry in registry.List()
        from versions in entry.Versions.GroupBy(version => version.Current.State)
        select new Measurement<int>(versions.Count(), Model(entry.Name), new("state", WireNames.Get(versions.Key)));

    private IEnumerable<Measurement<long>> CountBytes() =>
        from entry in registry.List()
        from versions in InMemory(entry).GroupBy(version => version.Current.Execution!.Device)
        select new Measurement<long>(
            versions.Sum(version => version.MemoryBytes),
            Model(entry.Name),
            new("device", versions.Key)
        );

    private IEnumerable<string> Devices() =>
        registry
            .List()
            .SelectMany(InMemory)
            .Select(version => version.Current.Execution!.Device)
            .Append("cpu")
            .Distinct();

    private static IEnumerable<ModelVersion> InMemory(ModelEntry entry) =>
        entry.Versions.Where(version => version.Current.State is VersionState.Ready or VersionState.Draining);

    private static Measurement<long> OnDevice(string device, long bytes) =>
        new(bytes, new KeyValuePair<string, object?>("device", device));

    private static KeyValuePair<string, object?> Model(string name) => new("model", name);
}
