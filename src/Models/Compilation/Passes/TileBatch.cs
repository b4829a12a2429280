using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Has the operators at the start, with large activations and small weights, compute two inputs of a batch at a time: each finds in the
/// processor's cache what the one before left there. Later ones have small activations and large weights, which they read once for the whole batch.
/// </summary>
internal static class TileBatch
{
    // Numbers of one input that a core's cache of 1 to 2 MB is too small for, once a batch has several.
    private const long Large = 1 << 18;

    /// <summary>Applies the pass.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="large">Numbers of one input from which it is worth while.</param>
    public static Plan Apply(Plan plan, long large = Large)
    {
        var lastReaders = new Dictionary<Value, int> { [plan.Output] = plan.Operators.Count };
        foreach (var (index, item) in plan.Operators.Index())
        {
            foreach (var input in item.Inputs)
                lastReaders[input] = Math.Max(index, lastReaders.GetValueOrDefault(input));
        }

        var (inPairs, neededUntil) = (0, 0);
        foreach (var (index, item) in plan.Operators.TakeWhile(item => !HasMoreWeights(item)).Index())
        {
            // Where nothing but what this operator computes is read behind it, the pairs can be put together again.
            if (neededUntil <= index && lastReaders.GetValueOrDefault(plan.Input) <= index)
                inPairs = index + 1;
            neededUntil = Math.Max(neededUntil, lastReaders.GetValueOrDefault(item.Output));
        }

        return plan.Operators.Take(inPairs).Any(item => item.Output.Shape.ElementCount >= large)
            ? plan with
            {
                OperatorsInPairs = inPairs,
            }
            : plan;
    }

    private static bool HasMoreWeights(Operator item) =>
        item is WeightedOperator weighted
        && weighted.WeightCount > item.Inputs[0].Shape.ElementCount + item.Output.Shape.ElementCount;
}
