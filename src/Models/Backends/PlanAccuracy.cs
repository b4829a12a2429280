using System.Numerics.Tensors;
using ModelService.Models.Tensors;

namespace ModelService.Models.Backends;

/// <summary>
/// How far a plan's probabilities are from those of the eager executor in float32, measured on generated inputs.
/// </summary>
/// <param name="MaxDifference">Largest difference of a probability.</param>
/// <param name="MeanDifference">Mean difference of the probabilities.</param>
/// <param name="Top1Agreement">
/// Fraction of the inputs for which both give the same class the highest probability; 0 to 1.
/// </param>
/// <param name="Inputs">Number of inputs compared.</param>
public sealed record PlanAccuracy(double MaxDifference, double MeanDifference, double Top1Agreement, int Inputs)
{
    /// <summary>Compares the scores of a plan with those of the eager executor.</summary>
    /// <param name="plan">The plan's logits, one input after another.</param>
    /// <param name="reference">The eager executor's logits, in the same order.</param>
    /// <param name="inputs">Number of inputs.</param>
    internal static PlanAccuracy Compare(ReadOnlySpan<float> plan, ReadOnlySpan<float> reference, int inputs)
    {
        var classes = plan.Length / inputs;
        var (largest, sum, agreeing) = (0.0, 0.0, 0);
        for (var i = 0; i < inputs; i++)
        {
            var (left, right) = (
                Probabilities.FromLogits(plan.Slice(i * classes, classes)),
                Probabilities.FromLogits(reference.Slice(i * classes, classes))
            );
            for (var c = 0; c < classes; c++)
            {
                // A limit would not catch NaN: no comparison with it is true. So it counts as the largest possible
                // difference, unless both are NaN.
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
