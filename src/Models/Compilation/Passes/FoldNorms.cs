using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Folds a batch norm into the convolution or linear layer right before it, if no other operator reads that layer's
/// output.
/// </summary>
internal static class FoldNorms
{
    public static Plan Apply(Plan plan) =>
        Fusion.Apply(
            plan,
            (item, producer) =>
                item is BatchNormOperator norm
                && producer(norm.Inputs[0]) is { Activation: null, HasAddend: false } before
                && IsPerChannel(before)
                    ? (
                        before,
                        before with
                        {
                            Weights = before.Weights with { Norms = [.. before.Weights.Norms, norm.Norm] },
                        }
                    )
                    : null
        );

    // Over [length, features], the outputs of a linear layer are the last dimension, but the channels of a batch norm
    // are the first.
    private static bool IsPerChannel(WeightedOperator item) =>
        item is ConvolutionOperator || item.Output.Shape.Rank == 1;
}
