using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>Leaves dropout out, which does nothing at inference.</summary>
internal static class RemoveDropout
{
    /// <summary>Applies the pass.</summary>
    public static Plan Apply(Plan plan)
    {
        var sources = new Dictionary<Value, Value>();
        var operators = new List<Operator>();
        foreach (var item in plan.Operators)
        {
            if (item is DropoutOperator)
            {
                sources[item.Output] = Source(item.Input);
            }
            else
            {
                operators.Add(
                    item.Inputs.Any(sources.ContainsKey) ? item with { Inputs = [.. item.Inputs.Select(Source)] } : item
                );
            }
        }

        return plan with
        {
            Operators = operators,
            Output = Source(plan.Output),
        };

        Value Source(Value value) => sources.GetValueOrDefault(value, value);
    }
}
