using ModelService.Models.Backends;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>How many inputs of a network are computed together at most.</summary>
public static class LargestBatch
{
    /// <summary>The largest batch on the device that <c>auto</c> stands for here.</summary>
    /// <param name="analysis">A network without an error.</param>
    /// <param name="options">The limit that is configured.</param>
    public static int For(ArchitectureAnalysis analysis, BatchingOptions options) =>
        Math.Min(options.MaxBatchSizeOn(ComputeDevice.Find("auto").ToString()), CompiledModel.MaxBatchSizeOf(analysis));
}
