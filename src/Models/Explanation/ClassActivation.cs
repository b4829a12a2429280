namespace ModelService.Models.Explanation;

/// <summary>The maps that are made of a layer's activations and of the gradients of a class's logit.</summary>
internal static class ClassActivation
{
    /// <summary>Computes a map, before what is negative in it is cut off.</summary>
    /// <param name="method">One of the four CAM methods.</param>
    /// <param name="activations"><c>[channels, places]</c>.</param>
    /// <param name="gradients">
    /// Of the logit with respect to the activations: as long as these, or one for each channel where all its places
    /// have the same.
    /// </param>
    /// <param name="channels">Number of channels.</param>
    /// <returns>A number for each place.</returns>
    public static double[] Compute(
        ExplanationMethod method,
        ReadOnlySpan<float> activations,
        ReadOnlySpan<float> gradients,
        int channels
    )
    {
        var places = activations.Length / channels;
        var isShared = gradients.Length == channels && places > 1;
        var map = new double[places];
        for (var channel = 0; channel < channels; channel++)
        {
            var a = activations.Slice(channel * places, places);
            var g = isShared ? gradients.Slice(channel, 1) : gradients.Slice(channel * places, places);
            switch (method)
            {
                case ExplanationMethod.GradCam:
                    AddWeighted(map, a, Mean(g));
                    break;
                case ExplanationMethod.GradCamPp:
                    AddWeighted(map, a, PlusPlus(g, Sum(a)) * (isShared ? places : 1));
                    break;
                case ExplanationMethod.HiresCam:
                    for (var i = 0; i < places; i++)
                        map[i] += (double)g[isShared ? 0 : i] * a[i];
                    break;
                default:
                    for (var i = 0; i < places; i++)
                        map[i] += Math.Max((double)g[isShared ? 0 : i], 0) * a[i];
                    break;
            }
        }

        return map;
    }

    private static void AddWeighted(double[] map, ReadOnlySpan<float> activations, double weight)
    {
        for (var i = 0; i < map.Length; i++)
            map[i] += weight * activations[i];
    }

    // The paper's alpha is g^2 / (2 g^2 + g^3 ΣA). Without the common factor g^2, small gradients lose no digits.
    // There is no epsilon in it: 1e-6 would change the map by some percent.
    private static double PlusPlus(ReadOnlySpan<float> gradients, double sum)
    {
        var weight = 0.0;
        foreach (var gradient in gradients)
        {
            var alpha = 1 / (2 + (gradient * sum));
            if (gradient > 0 && double.IsFinite(alpha))
                weight += alpha * gradient;
        }

        return weight;
    }

    private static double Mean(ReadOnlySpan<float> values) => Sum(values) / values.Length;

    private static double Sum(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
