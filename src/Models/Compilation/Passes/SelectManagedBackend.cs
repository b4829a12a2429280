using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Tells which networks are computed by this program's own code (<c>ManagedPlan</c>): those whose arithmetic takes less than it costs to call libtorch
/// for each operator, and that have nothing but convolutions, relu, max pools and linear layers, one after another.
/// </summary>
internal static class SelectManagedBackend
{
    // Some 30 microseconds of our own code; a call of libtorch takes 2 to 10 besides what it computes.
    private const long MostMacs = 1_000_000;

    // Of one value: pools and activations have no multiplications, and take as long as what they read.
    private const long MostNumbers = 1 << 16;

    /// <summary>Marks a small network.</summary>
    public static Plan Apply(Plan plan) =>
        plan with
        {
            IsSmall =
                plan.Operators.OfType<WeightedOperator>().Sum(item => item.Macs) <= MostMacs
                && plan.Operators.Select(item => item.Output)
                    .Prepend(plan.Input)
                    .All(value => value.Shape.ElementCount <= MostNumbers)
                && plan.Operators.Count > 0
                && plan.Operators.All(IsKnown)
                && IsChain(plan),
        };

    private static bool IsChain(Plan plan) =>
        plan
            .Operators.SelectMany(item => item.Inputs)
            .SequenceEqual(plan.Operators.SkipLast(1).Select(item => item.Output).Prepend(plan.Input));

    private static bool IsKnown(Operator item) =>
        item switch
        {
            ConvolutionOperator { Kernel.Length: 2, Groups: 1, Activation: null or { Name: "relu" } } => true,
            LinearOperator { Activation: null or { Name: "relu" } } linear => linear.Inputs[0].Shape.Rank == 1,
            ActivationOperator { Function.Name: "relu" } => true,
            CallOperator { Function: "max_pool2d", Arguments: [_, _, _, long[] padding, long[] dilation, false] } =>
                padding.All(size => size == 0) && dilation.All(size => size == 1),
            CallOperator { Function: "flatten" } => item.Output.Shape.Rank == 1 && item.Inputs[0].Shape.Rank is 1 or 3,
            _ => false,
        };
}
