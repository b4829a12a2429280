using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Chooses how convolutions and linear layers are computed on the CPU, and with that their layout. oneDNN 3.7 leaves some forms to be avoided:
/// docs/decisions/0006 lists what it computes wrongly, or dies of. <see cref="PadChannels"/> sees to the rest.
/// </summary>
internal static class SelectKernels
{
    // oneDNN dies (SIGFPE) of 1x1 convolutions to 512 channels and more, where it can't see the processor's caches.
    private const long MostChannelsOutWithoutCaches = 256;

    // Below this, calling oneDNN costs more than the arithmetic.
    private const long FewMacs = 300_000;

    // From here on, what oneDNN saves in a convolution is more than what it costs to prepare it anew for each call.
    private const long ManyMacs = 30_000_000;

    public static Plan Apply(Plan plan, Precision precision, bool cachesAreShown) =>
        plan with
        {
            Operators =
            [
                .. plan.Operators.Select(item =>
                    item is WeightedOperator weighted
                        ? Chosen(weighted, Choose(weighted, precision, cachesAreShown))
                        : item
                ),
            ],
        };

    // What libtorch makes of grouped convolutions in bfloat16 is oneDNN's again.
    private static WeightedOperator Chosen(WeightedOperator item, KernelKind kind) =>
        item with
        {
            KernelKind = kind,
            IsFloat32 = item.IsFloat32 || kind == KernelKind.Plain,
        };

    private static KernelKind Choose(WeightedOperator item, Precision precision, bool cachesAreShown)
    {
        if (item is not ConvolutionOperator convolution)
            return precision == Precision.Float32 && item.Macs < FewMacs ? KernelKind.Plain : KernelKind.Fused;
        var (channelsIn, channelsOut) = (
            item.Inputs[0].Shape.Sizes[0] / convolution.Groups,
            item.Output.Shape.Sizes[0] / convolution.Groups
        );
        if (convolution.Groups == 1)
        {
            // Where libtorch's own function needs no filling up.
            if (precision == Precision.Float32 && item.Macs < FewMacs && channelsIn <= PadChannels.Block / 2)
                return KernelKind.Plain;

            // A 1x1 convolution is a matrix product as well. As one, it is called for less and takes any number of channels out, but those may have to be filled up,
            // and a stride and a sum are passes over memory of their own.
            var isPointwise = convolution.Kernel.All(size => size == 1) && convolution.Padding.All(size => size == 0);
            var isConvolved =
                precision == Precision.Float32
                && channelsOut % PadChannels.Block == 0
                && (channelsOut <= MostChannelsOutWithoutCaches || cachesAreShown)
                && (!PadChannels.IsWholeRows(channelsOut, precision) || item.Macs >= ManyMacs);
            return isPointwise && !isConvolved ? KernelKind.AsLinear : KernelKind.Fused;
        }

        // Of volumes in groups, oneDNN computes some wrongly as well, those of 1x1x1 kernels among them.
        if (convolution.Kernel.Length == 3)
            return KernelKind.Plain;
        if (channelsIn == 1)
            return channelsOut == 1 ? KernelKind.Fused : KernelKind.Plain;
        if (channelsOut > 64 && channelsOut % 32 != 0)
            return KernelKind.Plain;
        return precision == Precision.Float32 || (channelsIn % 16 == 0 && channelsOut % 16 == 0)
            ? KernelKind.Fused
            : KernelKind.Plain;
    }
}
