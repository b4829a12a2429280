using ModelService.Models.Backends;
using ModelService.Models.Execution;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>A network that is in memory and warm.</summary>
/// <param name="Worker">It; owned by whoever holds this.</param>
/// <param name="Execution">Where it computes, and how.</param>
/// <param name="Weights">What it got, and what is random.</param>
/// <param name="Samples">What came of its samples; null when it has none, or has not been asked for them yet.</param>
/// <param name="Built">When it was there.</param>
internal sealed record BuiltModel(
    InferenceWorker Worker,
    ExecutionInfo Execution,
    LoadedWeights Weights,
    SamplesReport? Samples,
    DateTimeOffset Built
);
