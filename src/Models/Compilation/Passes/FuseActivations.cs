using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Fuses an activation into the convolution or linear layer right before it, if no other operator reads that layer's
/// output.
/// </summary>
internal static class FuseActivations
{
    public static Plan Apply(Plan plan) =>
        Fusion.Apply(
            plan,
            (item, producer) =>
                item is ActivationOperator { Function: var function }
                && producer(item.Inputs[0]) is { Activation: null } before
                    ? (before, before with { Activation = function })
                    : null
        );
}
