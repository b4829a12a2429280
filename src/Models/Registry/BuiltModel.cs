using ModelService.Models.Backends;
using ModelService.Models.Execution;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>A network that is built, warmed up and checked.</summary>
/// <param name="Worker">The worker that computes the network; owned by the holder of this record.</param>
/// <param name="Execution">The device and the backend that it computes with.</param>
/// <param name="Weights">The weights that were loaded, and those that are random.</param>
/// <param name="Samples">The result of its golden samples; null when it has none.</param>
/// <param name="Completed">When it was built.</param>
/// <param name="Verified">The result of comparing its plan; null when it has no plan.</param>
internal sealed record BuiltModel(
    IInferenceWorker Worker,
    ExecutionInfo Execution,
    LoadedWeights Weights,
    SamplesReport? Samples,
    DateTimeOffset Completed,
    VerifiedPlan? Verified = null
) : IDisposable
{
    /// <summary>Ends the worker, and frees the network's memory.</summary>
    public void Dispose() => Worker.Dispose();
}

/// <summary>A network in memory, with its share of the memory budget.</summary>
/// <param name="Built">The network; owned.</param>
/// <param name="Memory">The reserved memory; owned.</param>
internal sealed record VersionInMemory(BuiltModel Built, IDisposable Memory) : IDisposable
{
    /// <summary>Frees the network's memory, then its reservation.</summary>
    public void Dispose()
    {
        Built.Dispose();
        Memory.Dispose();
    }
}
