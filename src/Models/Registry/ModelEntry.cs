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

    internal ModelEntry(ModelBlueprint blueprint, ModelRunner runner, string device, LoadedWeights weights, DateTimeOffset created)
    {
        (Blueprint, Runner, Device, Created) = (blueprint, runner, device, created);
        (Report, RandomTensors, Weights, Head) = (weights.Report, weights.RandomTensors, weights.State, weights.Head);
        Bytes = blueprint.Analysis.StateDict.Sum(tensor => tensor.Bytes);
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
    public WeightsState Weights { get; }

    /// <summary>Names of the tensors that are random, in the order of the state dict.</summary>
    public IReadOnlyList<string> RandomTensors { get; }

    /// <summary>Where the numbers of the layer that gives the class scores come from; null in a network without weights.</summary>
    public HeadState? Head { get; }

    /// <summary>What was loaded from a weights file or another model; null when there was none.</summary>
    public WeightsReport? Report { get; }

    /// <summary>When it became ready.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Bytes of its tensors.</summary>
    public long Bytes { get; }

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
