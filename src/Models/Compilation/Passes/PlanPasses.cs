using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Compilation.Passes;

/// <summary>The passes that turn a network into the plan that runs, in their order.</summary>
internal static class PlanPasses
{
    /// <summary>Turns a network into the plan that runs.</summary>
    /// <param name="network">The network's operators as its layers emit them.</param>
    /// <param name="precision">The precision that the plan computes in.</param>
    /// <param name="forCpu">
    /// Whether oneDNN computes convolutions and linear layers; if not, libtorch's own functions do.
    /// </param>
    /// <param name="allowManaged">Whether this program's own code may compute small networks.</param>
    /// <param name="cachesAreShown">
    /// Whether the processor shows its caches, which oneDNN has to know for some convolutions; null: as this machine
    /// does.
    /// </param>
    public static Plan Compile(
        Plan network,
        Precision precision,
        bool forCpu,
        bool allowManaged = true,
        bool? cachesAreShown = null
    )
    {
        var plan = KeepLogitsInFloat32.Apply(FuseActivations.Apply(FoldNorms.Apply(network)));
        if (
            allowManaged
            && forCpu
            && precision == Precision.Float32
            && SelectManagedBackend.Apply(plan) is { IsManaged: true } managed
        )
        {
            return managed;
        }

        plan = forCpu
            ? PadChannels.Apply(
                SelectKernels.Apply(plan, precision, cachesAreShown ?? ProcessorCaches.AreShown),
                precision
            )
            : plan with
            {
                IsChannelsLast = plan.Input.Shape.Rank == 3,
            };

        // Activations are fused once more after the sums: those that follow a sum.
        plan = ReuseBuffers.Apply(FuseActivations.Apply(FuseSums.Apply(plan)));
        return forCpu ? TileBatch.Apply(plan) : plan;
    }
}
