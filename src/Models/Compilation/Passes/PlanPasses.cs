using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Compilation.Passes;

/// <summary>What a plan is compiled for.</summary>
/// <param name="Precision">The number format that it computes in.</param>
/// <param name="ForCpu">Whether oneDNN computes the convolutions; otherwise libtorch's own functions do.</param>
/// <param name="CachesAreShown">
/// Whether the processor shows its caches, which oneDNN must know for some forms; null: as it is on this machine.
/// </param>
/// <param name="Quantization">The layers that compute with 8-bit integers; null: none.</param>
/// <param name="Float32Layers">The keys of layers that compute in float32 all the same; null: none.</param>
internal sealed record PlanTarget(
    Precision Precision,
    bool ForCpu,
    bool? CachesAreShown = null,
    Quantization? Quantization = null,
    IReadOnlyCollection<string>? Float32Layers = null
);

/// <summary>From a graph as layers emit it to the plan that runs: a list of passes, applied in its order.</summary>
internal static class PlanPasses
{
    /// <summary>Compiles a graph.</summary>
    /// <param name="graph">The operators, as the layers emit them.</param>
    /// <param name="target">What the plan is for.</param>
    public static Plan Compile(Plan graph, PlanTarget target) =>
        Apply(Fuse(graph), target.ForCpu ? ForCpu(target) : ForGpu());

    /// <summary>The part of <see cref="Compile"/> that is the same for every target.</summary>
    /// <param name="graph">The operators, as the layers emit them.</param>
    public static Plan Fuse(Plan graph) =>
        Apply(graph, [RemoveDropout.Apply, FoldNorms.Apply, FuseActivations.Apply, KeepLogitsInFloat32.Apply]);

    /// <summary>The plan that <c>ManagedExecutor</c> computes.</summary>
    /// <param name="graph">The operators, as the layers emit them.</param>
    public static Plan ForManaged(Plan graph) => Apply(Fuse(graph), [FuseSums.Apply, FuseActivations.Apply]);

    private static Plan Apply(Plan graph, IEnumerable<Func<Plan, Plan>> passes) =>
        passes.Aggregate(graph, (plan, pass) => pass(plan));

    private static IEnumerable<Func<Plan, Plan>> ForCpu(PlanTarget target) =>
        [
            plan => KeepInFloat32.Apply(plan, target.Float32Layers ?? []),
            plan =>
                SelectKernels.Apply(
                    plan,
                    target.Precision,
                    target.CachesAreShown ?? ProcessorCaches.AreShown,
                    target.Quantization
                ),
            plan => PadChannels.Apply(plan, target.Precision), // as the kernels need it
            FuseSums.Apply, // as the kernels allow it
            FuseActivations.Apply, // of sums
            QuantizeValues.Apply,
            ReuseBuffers.Apply,
            plan => TileBatch.Apply(plan),
        ];

    private static IEnumerable<Func<Plan, Plan>> ForGpu() =>
        [
            UseChannelsLast.Apply,
            FuseSums.Apply,
            FuseActivations.Apply, // of sums
            SelectGpuKernels.Apply,
            ReuseBuffers.Apply,
        ];
}
