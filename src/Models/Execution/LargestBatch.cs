using ModelService.Models.Backends;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>The most inputs of a network that are computed in one batch.</summary>
public static class LargestBatch
{
    /// <summary>The largest batch on the device that <c>auto</c> chooses on this machine.</summary>
    /// <param name="analysis">The analysis of a network, without errors.</param>
    /// <param name="options">The configured limit.</param>
    public static int For(ArchitectureAnalysis analysis, BatchingOptions options) =>
        Math.Min(options.MaxBatchSizeOn(ComputeDevice.Find("auto").ToString()), CompiledModel.MaxBatchSizeOf(analysis));
}
