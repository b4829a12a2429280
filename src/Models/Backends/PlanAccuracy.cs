using System.Numerics.Tensors;
using ModelService.Models.Tensors;

namespace ModelService.Models.Backends;

/// <summary>How far a plan's probabilities are from those of the float32 module, on inputs made for the purpose.</summary>
/// <param name="MaxDifference">Largest difference of two probabilities.</param>
/// <param name="MeanDifference">Mean difference.</param>
/// <param name="Top1Agreement">Share of the inputs for which both name the same class; 0 to 1.</param>
/// <param name="Inputs">How many inputs were compared.</param>
public sealed record PlanAccuracy(double MaxDifference, double MeanDifference, double Top1Agreement, int Inputs)
{
    /// <summary>Compares scores.</summary>
    /// <param name="plan">The plan's logits, one input after another.</param>
    /// <param name="module">The module's.</param>
    /// <param name="inputs">How many inputs.</param>
    internal static PlanAccuracy Compare(ReadOnlySpan<float> plan, ReadOnlySpan<float> module, int inputs)
    {
        var classes = plan.Length / inputs;
        var (largest, sum, agreeing) = (0.0, 0.0, 0);
        for (var i = 0; i < inputs; i++)
        {
            var (left, right) = (
                Probabilities.FromLogits(plan.Slice(i * classes, classes)),
                Probabilities.FromLogits(module.Slice(i * classes, classes))
            );
            for (var c = 0; c < classes; c++)
            {
                // NaN is never larger: it is made the largest difference there is, unless both have it.
                var difference =
                    float.IsNaN(left[c]) && float.IsNaN(right[c]) ? 0 : Math.Abs((double)left[c] - right[c]);
                largest = Math.Max(largest, double.IsNaN(difference) ? 1 : difference);
                sum += double.IsNaN(difference) ? 1 : difference;
            }

            if (TensorPrimitives.IndexOfMax<float>(left) == TensorPrimitives.IndexOfMax<float>(right))
                agreeing++;
        }

        return new PlanAccuracy(largest, sum / plan.Length, (double)agreeing / inputs, inputs);
    }
}
