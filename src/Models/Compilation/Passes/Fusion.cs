using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>The common part of all fusions: two operators become one.</summary>
internal static class Fusion
{
    /// <summary>Fuses pairs until none is left.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="match">
    /// Finds the operator that an operator can be fused with. Its arguments are the operator and a function that gives
    /// the convolution or linear layer that computes a value, if the value has only one reader. Its result is the
    /// earlier operator and the fused one, which takes the place and the output of the later one; or null.
    /// </param>
    public static Plan Apply(
        Plan plan,
        Func<Operator, Func<Value, WeightedOperator?>, (WeightedOperator Before, WeightedOperator Fused)?> match
    )
    {
        var operators = plan.Operators.ToList();
        var uses = operators.SelectMany(item => item.Inputs).Append(plan.Output).CountBy(value => value).ToDictionary();
        var producers = operators.ToDictionary(item => item.Output);
        for (var i = 0; i < operators.Count; i++)
        {
            if (match(operators[i], ProducerForOneReader) is not { } pair)
                continue;
            var fused = pair.Fused with { Output = operators[i].Output };
            operators[i] = fused;
            producers[fused.Output] = fused;
            operators.Remove(pair.Before);
            i--;
        }

        return plan with
        {
            Operators = operators,
        };

        WeightedOperator? ProducerForOneReader(Value value) =>
            uses[value] == 1 && producers.TryGetValue(value, out var item) ? item as WeightedOperator : null;
    }
}
