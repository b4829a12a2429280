using System.Numerics.Tensors;

namespace ModelService.Models.Tensors;

/// <summary>Turns logits into probabilities.</summary>
internal static class Probabilities
{
    /// <summary>
    /// Computes the softmax <c>exp(x_i) / Σ exp(x_j)</c> in double precision. The largest logit is subtracted first,
    /// to avoid overflow: <see cref="TensorPrimitives.SoftMax{T}"/> does not do so itself.
    /// </summary>
    /// <param name="logits">The logits of one input.</param>
    /// <returns>A probability for each logit; all are NaN if a logit is NaN or +∞, or if all are -∞.</returns>
    public static float[] FromLogits(ReadOnlySpan<float> logits)
    {
        if (logits.IsEmpty)
            return [];
        var values = new double[logits.Length];
        TensorPrimitives.ConvertChecked(logits, values.AsSpan());
        TensorPrimitives.Subtract(values, TensorPrimitives.Max<double>(values), values);
        TensorPrimitives.SoftMax<double>(values, values);
        var probabilities = new float[logits.Length];
        TensorPrimitives.ConvertChecked<double, float>(values, probabilities);
        return probabilities;
    }
}
