using ModelService.Models.Backends;
using ModelService.Models.Execution;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>A network that is built and warmed up, in memory.</summary>
/// <param name="Worker">The worker that computes the network; owned by the holder of this record.</param>
/// <param name="Execution">The device and the backend that it computes with.</param>
/// <param name="Weights">The weights that were loaded, and those that are random.</param>
/// <param name="Samples">
/// The result of its golden samples; null when it has none, or they have not been computed yet.
/// </param>
/// <param name="Built">When it was built.</param>
internal sealed record BuiltModel(
    InferenceWorker Worker,
    ExecutionInfo Execution,
    LoadedWeights Weights,
    SamplesReport? Samples,
    DateTimeOffset Built
);
