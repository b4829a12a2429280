using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Selects the small networks that this program's own code computes (<c>ManagedPlan</c>). Their arithmetic costs less
/// than the calls of libtorch for each operator, and they consist only of convolutions, relu, max pools and linear
/// layers, one after another (docs/decisions/0017).
/// </summary>
internal static class SelectManagedBackend
{
    // Some 30 microseconds in this program's own code. A call of libtorch takes 2 to 10 microseconds beside the
    // arithmetic.
    private const long MostMacs = 1_000_000;

    // Limit on each value. Pools and activations have no multiplications; their time depends on the elements that they
    // read.
    private const long MostElements = 1 << 16;

    /// <summary>Marks a plan that this program's own code is to compute.</summary>
    public static Plan Apply(Plan plan) =>
        plan with
        {
            IsManaged =
                plan.Operators.OfType<WeightedOperator>().Sum(item => item.Macs) <= MostMacs
                && plan.Operators.Select(item => item.Output)
                    .Prepend(plan.Input)
                    .All(value => value.Shape.ElementCount <= MostElements)
                && plan.Operators.Count > 0
                && plan.Operators.All(IsSupported)
                && IsChain(plan),
        };

    private static bool IsChain(Plan plan) =>
        plan
            .Operators.SelectMany(item => item.Inputs)
            .SequenceEqual(plan.Operators.SkipLast(1).Select(item => item.Output).Prepend(plan.Input));

    private static bool IsSupported(Operator item) =>
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
