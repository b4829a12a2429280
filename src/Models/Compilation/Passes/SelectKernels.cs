using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Chooses the kernel of each convolution and linear layer on the CPU, and with it the layout. Some forms must be kept
/// from oneDNN 3.7, since it computes them wrongly or crashes (docs/decisions/0006). <see cref="PadChannels"/> makes
/// the others safe.
/// </summary>
internal static class SelectKernels
{
    // If the processor hides its caches, oneDNN crashes (SIGFPE) in 1x1 convolutions to 512 and more channels.
    private const long MostChannelsOutWithoutCaches = 256;

    // Below this number, a call of oneDNN costs more than the arithmetic.
    private const long FewMacs = 300_000;

    // From this number on, oneDNN's convolution saves more than its preparation for each call costs
    // (docs/decisions/0018).
    private const long ManyMacs = 30_000_000;

    public static Plan Apply(Plan plan, Precision precision, bool cachesAreShown, Quantization? quantization = null) =>
        plan with
        {
            Operators =
            [
                .. plan.Operators.Select(item =>
                    item is not WeightedOperator weighted ? item
                    : quantization?.Find(weighted) is { } formats
                        ? weighted with
                        {
                            KernelKind = KernelKind.Quantized,
                            Quantization = formats,
                        }
                    : WithKernel(weighted, Choose(weighted, weighted.PrecisionIn(precision), cachesAreShown))
                ),
            ],
        };

    // Plain kernels compute in float32: in bfloat16, libtorch's function would hand grouped convolutions to oneDNN
    // after all.
    private static WeightedOperator WithKernel(WeightedOperator item, KernelKind kind) =>
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
            // Small, and with so few input channels that libtorch's own function needs no padding
            // (docs/decisions/0005).
            if (precision == Precision.Float32 && item.Macs < FewMacs && channelsIn <= PadChannels.Block / 2)
                return KernelKind.Plain;

            // A 1x1 convolution is a matrix product, too. A call of a matrix product costs less, and it takes any
            // number of output channels. But these may need padding, and a stride and a sum are separate passes over
            // memory.
            var isPointwise = convolution.Kernel.All(size => size == 1) && convolution.Padding.All(size => size == 0);
            var isConvolved =
                precision == Precision.Float32
                && channelsOut % PadChannels.Block == 0
                && (channelsOut <= MostChannelsOutWithoutCaches || cachesAreShown)
                && (!PadChannels.IsWholeRows(channelsOut, precision) || item.Macs >= ManyMacs);
            return isPointwise && !isConvolved ? KernelKind.AsLinear : KernelKind.Fused;
        }

        // oneDNN also computes some grouped convolutions of volumes wrongly, those with 1x1x1 kernels among them.
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
