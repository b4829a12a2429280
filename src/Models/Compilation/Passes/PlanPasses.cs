using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Compilation.Passes;

/// <summary>From a network to the plan that runs.</summary>
internal static class PlanPasses
{
    /// <summary>Plans a network.</summary>
    /// <param name="network">The network's operators, one by one as its layers emit them.</param>
    /// <param name="precision">What the plan computes in.</param>
    /// <param name="forCpu">Whether oneDNN computes the convolutions; else libtorch's own functions do.</param>
    /// <param name="ownCode">Whether small networks may be computed by this program's own code.</param>
    /// <param name="cachesAreShown">Whether the processor tells of its caches, which oneDNN must know for some forms; null: as it is on this machine.</param>
    public static Plan Compile(
        Plan network,
        Precision precision,
        bool forCpu,
        bool ownCode = true,
        bool? cachesAreShown = null
    )
    {
        var plan = KeepLogitsInFloat32.Apply(FuseActivations.Apply(FoldNorms.Apply(network)));
        if (
            ownCode
            && forCpu
            && precision == Precision.Float32
            && SelectManagedBackend.Apply(plan) is { IsSmall: true } small
        )
        {
            return small;
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

        // After the sums, activations once more: of the sums.
        plan = ReuseBuffers.Apply(FuseActivations.Apply(FuseSums.Apply(plan)));
        return forCpu ? TileBatch.Apply(plan) : plan;
    }
}
