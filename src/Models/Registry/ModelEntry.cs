using ModelService.Models.Definitions;
using ModelService.Models.Runtime;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>A model that is being served. It owns the model's thread and memory, and frees them when it is retired and the last lease ends.</summary>
public sealed class ModelEntry
{
    private readonly Lock gate = new();
    private readonly TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int leases;
    private bool retired;

    internal ModelEntry(ModelBlueprint blueprint, ModelRunner runner, string device, WeightsReport? report, DateTimeOffset created)
    {
        (Blueprint, Runner, Device, Report, Created) = (blueprint, runner, device, report, created);
        Bytes = blueprint.Analysis.StateDict.Sum(tensor => tensor.Shape.Aggregate(tensor.IsCounter ? sizeof(long) : (long)sizeof(float), (bytes, size) => bytes * size));
    }

    /// <summary>Its name.</summary>
    public string Name => Blueprint.Definition.Name;

    /// <summary>Its version; the first and only one for now.</summary>
    public int Version { get; } = 1;

    /// <summary>All that was decided of it.</summary>
    public ModelBlueprint Blueprint { get; }

    /// <summary>Where it computes: <c>cpu</c> or <c>cuda:N</c>.</summary>
    public string Device { get; }

    /// <summary>Where its numbers come from.</summary>
    public WeightsState Weights => Report is null ? WeightsState.Random : WeightsState.Loaded;

    /// <summary>What was loaded from the weights file; null when there was none.</summary>
    public WeightsReport? Report { get; }

    /// <summary>When it became ready.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Bytes of its tensors.</summary>
    public long Bytes { get; }

    /// <summary>How it computes.</summary>
    public ModelRoute Route { get; internal init; }

    /// <summary>Why it computes by its module; null when it computes by its plan.</summary>
    public string? RouteReason { get; internal init; }

    /// <summary>How far its plan is from its float32 module; null when no plan could be built.</summary>
    public Fidelity? Fidelity { get; internal init; }

    internal ModelRunner Runner { get; }

    /// <summary>Keeps the model in memory until the lease is disposed; false once it is retired.</summary>
    internal bool TryLease()
    {
        lock (gate)
        {
            if (retired) return false;
            leases++;
            return true;
        }
    }

    /// <summary>Ends a lease.</summary>
    internal void Release()
    {
        lock (gate)
        {
            leases--;
            if (retired && leases == 0) idle.TrySetResult();
        }
    }

    /// <summary>Takes no new leases, waits for those that are out, then frees the model.</summary>
    internal async Task RetireAsync()
    {
        lock (gate)
        {
            retired = true;
            if (leases == 0) idle.TrySetResult();
        }

        await idle.Task;
        Runner.Dispose();
    }
}
