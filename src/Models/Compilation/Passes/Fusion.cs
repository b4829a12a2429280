using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>What every fusion has in common: two operators become one.</summary>
internal static class Fusion
{
    /// <summary>Fuses pairs until none is left.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="match">
    /// Given an operator and how to find the one that computes a value, if that one has no other reader: the operator it can be fused with and
    /// the two as one. The result takes the later one's place and output.
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
            if (match(operators[i], OnlyReader) is not { } pair)
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

        WeightedOperator? OnlyReader(Value value) =>
            uses[value] == 1 && producers.TryGetValue(value, out var item) ? item as WeightedOperator : null;
    }
}
