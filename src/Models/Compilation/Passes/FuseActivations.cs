using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>Lets a convolution or linear layer end with the activation that follows it, when nothing else reads what comes before the activation.</summary>
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
