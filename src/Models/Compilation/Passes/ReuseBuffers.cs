using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>Lets activations and sums overwrite what they read when it is memory of its own that nothing else reads from there on.</summary>
internal static class ReuseBuffers
{
    public static Plan Apply(Plan plan)
    {
        var readers = plan
            .Operators.SelectMany(item => item.Inputs, (item, input) => (Input: input, Reader: item))
            .ToLookup(use => use.Input, use => use.Reader);
        var fresh = plan
            .Operators.Where(item =>
                item is WeightedOperator or NormOperator or AddOperator or CallOperator { Function: "cat" }
            )
            .Select(item => item.Output)
            .Where(value => value != plan.Output)
            .ToHashSet();
        return plan with
        {
            Operators =
            [
                .. plan.Operators.Select(item =>
                    item switch
                    {
                        ActivationOperator activation when IsOwn(activation.Inputs[0]) => activation with
                        {
                            IsInPlace = true,
                        },
                        AddOperator { Inputs: [var left, var right] } add
                            when left != right && (IsOwn(left) || IsOwn(right)) => add with
                        {
                            Inputs = IsOwn(left) ? [left, right] : [right, left],
                            IsInPlace = true,
                        },
                        WeightedOperator { Inputs: [var input, var addend] } sum
                            when addend != input && IsDoneWith(addend, sum) => sum with
                        {
                            IsAddendFree = true,
                        },
                        _ => item,
                    }
                ),
            ],
        };

        bool IsOwn(Value value) => fresh.Contains(value) && readers[value].Count() == 1;

        // Others may have read it before; but what libtorch's functions made of it may be a view of it.
        bool IsDoneWith(Value value, Operator reader) =>
            fresh.Contains(value)
            && ReferenceEquals(readers[value].Last(), reader)
            && !readers[value].Any(other => other is CallOperator);
    }
}
