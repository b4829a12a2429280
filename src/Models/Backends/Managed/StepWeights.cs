using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Backends.Managed;

/// <summary>The numbers that a step packs.</summary>
internal static class StepWeights
{
    /// <summary>The weight <c>[O, I, ...taps]</c>; valid in the current dispose scope.</summary>
    /// <param name="item">The convolution or linear layer.</param>
    /// <param name="folded">The weights.</param>
    public static ReadOnlySpan<float> Weight(WeightedOperator item, FoldedWeights folded) =>
        Numbers(folded, new WeightTensor(item.Weights, IsFloat32: true));

    /// <summary>The bias, or zeros, padded with zeros to whole vectors; the caller owns it.</summary>
    /// <param name="item">The convolution or linear layer.</param>
    /// <param name="folded">The weights.</param>
    /// <param name="length">The length with the padding.</param>
    public static FloatMemory Bias(WeightedOperator item, FoldedWeights folded, int length)
    {
        var numbers = new float[length];
        if (item.Weights.HasBias)
            Numbers(folded, new BiasTensor(item.Weights, IsFloat32: true)).CopyTo(numbers);
        return FloatMemory.Of(numbers);
    }

    private static ReadOnlySpan<float> Numbers(FoldedWeights folded, PlanTensor planned) =>
        TensorMemory.Elements<float>(TensorMemory.OnHost(folded.Get(planned)));
}
