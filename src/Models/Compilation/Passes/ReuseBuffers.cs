using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Lets activations and sums overwrite a value that they read, if the value has memory of its own and no later operator
/// reads it.
/// </summary>
internal static class ReuseBuffers
{
    public static Plan Apply(Plan plan)
    {
        var readers = plan
            .Operators.SelectMany(item => item.Inputs, (item, input) => (Input: input, Reader: item))
            .ToLookup(use => use.Input, use => use.Reader);
        var ownMemory = plan
            .Operators.Where(item =>
                item
                    is WeightedOperator
                        or BatchNormOperator
                        or AddOperator
                        or MultiplyOperator
                        or ConcatOperator
                        or QuantizeOperator
                        or DequantizeOperator
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
                        ActivationOperator activation when IsOverwritable(activation.Inputs[0]) => activation with
                        {
                            IsInPlace = true,
                        },
                        AddOperator { Inputs: [var left, var right] } add
                            when left != right && (IsOverwritable(left) || IsOverwritable(right)) => add with
                        {
                            Inputs = IsOverwritable(left) ? [left, right] : [right, left],
                            IsInPlace = true,
                        },
                        MultiplyOperator { Inputs: [var whole, var factor] } product
                            when whole != factor
                                && whole.Shape.Sizes.SequenceEqual(product.Output.Shape.Sizes)
                                && IsLastReader(whole, product) => product with
                        {
                            IsInPlace = true,
                        },
                        WeightedOperator { Inputs: [var input, var addend] } sum
                            when addend != input && IsLastReader(addend, sum) => sum with
                        {
                            IsAddendFree = true,
                        },
                        _ => item,
                    }
                ),
            ],
        };

        bool IsOverwritable(Value value) => ownMemory.Contains(value) && readers[value].Count() == 1;

        // Earlier operators may have read the value, too, but no libtorch function: its result may be a view of the
        // value.
        bool IsLastReader(Value value, Operator reader) =>
            ownMemory.Contains(value)
            && ReferenceEquals(readers[value].Last(), reader)
            && !readers[value].Any(MayShareMemory);
    }

    // Whether an operator's result may be a view of its input. A mean over all places is memory of its own.
    private static bool MayShareMemory(Operator item) =>
        item
            is not (
                WeightedOperator
                or BatchNormOperator
                or ActivationOperator
                or AddOperator
                or MultiplyOperator
                or QuantizeOperator
                or DequantizeOperator
                or AdaptivePoolOperator { IsMax: false }
            );
}
