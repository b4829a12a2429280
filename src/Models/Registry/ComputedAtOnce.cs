using ModelService.Models.Backends;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Registry;

/// <summary>What a device computes at once at the most.</summary>
/// <param name="Batches">Batches.</param>
/// <param name="Inputs">Inputs of each.</param>
internal readonly record struct ComputedAtOnce(int Batches, int Inputs)
{
    /// <summary>What is configured for a processor. A GPU's batches don't take the memory of the process.</summary>
    /// <param name="compute">The number of batches.</param>
    /// <param name="batching">Their size.</param>
    public static ComputedAtOnce From(ComputeOptions compute, BatchingOptions batching) =>
        new(compute.Instances, batching.MaxBatchSizeOn("cpu"));

    /// <summary>Estimated bytes that computing a network needs beside its weights.</summary>
    /// <param name="network">The network.</param>
    public long WorkspaceBytes(ArchitectureAnalysis network) =>
        network.ProgramBytes()
        + network.EstimateBytes(Batches * Math.Min(Inputs, CompiledModel.MaxBatchSizeOf(network)))
        - network.WeightBytes(sizeof(float));
}
