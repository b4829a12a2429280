using ModelService.Models.Compilation.Operators;

namespace ModelService.Models.Compilation.Passes;

/// <summary>Lets activations and sums overwrite their input when it is memory of its own that nothing else reads.</summary>
internal static class WorkInPlace
{
    public static Plan Apply(Plan plan)
    {
        var uses = plan.Operators.SelectMany(item => item.Inputs).Append(plan.Output).CountBy(value => value).ToDictionary();
        var fresh = plan.Operators.Where(item => item is WeightedOperator or NormOperator or AddOperator or CallOperator { Function: "cat" })
            .Select(item => item.Output)
            .Where(value => uses.GetValueOrDefault(value) == 1)
            .ToHashSet();
        return plan with
        {
            Operators = [.. plan.Operators.Select(item => item switch
            {
                ActivationOperator activation when fresh.Contains(activation.Inputs[0]) => activation with { IsInPlace = true },
                AddOperator { Inputs: [var left, var right] } add when left != right && (fresh.Contains(left) || fresh.Contains(right)) =>
                    add with { Inputs = fresh.Contains(left) ? [left, right] : [right, left], IsInPlace = true },
                _ => item,
            })],
        };
    }
}
