using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Chooses the kernels of convolutions on a GPU, after sums and activations are fused (docs/decisions/0039).
/// </summary>
internal static class SelectGpuKernels
{
    /// <summary>Applies the pass.</summary>
    public static Plan Apply(Plan plan) =>
        plan.IsChannelsLast
            ? plan with
            {
                Operators =
                [
                    .. plan.Operators.Select(item =>
                        item is ConvolutionOperator { Kernel.Length: 2 } convolution
                            ? convolution with
                            {
                                KernelKind = Choose(convolution),
                            }
                            : item
                    ),
                ],
            }
            : plan;

    private static KernelKind Choose(ConvolutionOperator item) =>
        item.Groups > 1 && item.Groups == item.Inputs[0].Shape.Sizes[0] ? KernelKind.Depthwise
        : item is { Groups: 1, Activation.Kind: ActivationKind.Relu } ? KernelKind.Cudnn
        : KernelKind.Plain;
}
