using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Lets the operators at the start of a network, which have large activations and small weights, compute two inputs of
/// a batch at a time, so that each operator finds the output of the one before it in the processor's cache. Later
/// operators have small activations and large weights, which they read once for the whole batch (docs/decisions/0016).
/// </summary>
internal static class TileBatch
{
    // Elements of one input's activation, 1 MiB in float32. For several inputs, that is more than a core's cache of 1
    // to 2 MB.
    private const long LargeActivation = 1 << 18;

    /// <summary>Applies the pass.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="large">Number of elements of one input's activation from which on pairs are faster.</param>
    public static Plan Apply(Plan plan, long large = LargeActivation)
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
            // If later operators read no value but this operator's output, the pairs can be joined here.
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
