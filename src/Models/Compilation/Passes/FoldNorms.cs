using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>Folds a batch norm into the convolution or linear layer right before it, when nothing else reads what that one computes.</summary>
internal static class FoldNorms
{
    public static Plan Apply(Plan plan) =>
        Fusion.Apply(
            plan,
            (item, producer) =>
                item is NormOperator norm
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

    // Over [length, features], a linear layer's outputs lie along the last dimension, but batch norm's channels along the first.
    private static bool IsPerChannel(WeightedOperator item) =>
        item is ConvolutionOperator || item.Output.Shape.Rank == 1;
}
