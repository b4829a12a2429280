namespace ModelService.Models.Tensors;

/// <summary>Turns logits into probabilities.</summary>
internal static class Probabilities
{
    /// <summary><c>exp(x_i) / Σ exp(x_j)</c>, in double precision, the greatest logit taken off first so that nothing overflows.</summary>
    public static float[] FromLogits(ReadOnlySpan<float> logits)
    {
        var greatest = float.NegativeInfinity;
        foreach (var logit in logits)
            greatest = Math.Max(greatest, logit);
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp((double)logit - greatest);
        var probabilities = new float[logits.Length];
        for (var i = 0; i < logits.Length; i++)
            probabilities[i] = (float)(Math.Exp((double)logits[i] - greatest) / sum);
        return probabilities;
    }
}
