using ModelService.Models.Backends;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Explanation;

/// <summary>
/// A mean over all places with a linear layer after it: the gradient of a logit is the same at all places of a channel,
/// and needs no backward pass.
/// </summary>
/// <param name="Weight">Name of the linear layer's weight <c>[classes, channels]</c>.</param>
/// <param name="Places">Number of places.</param>
internal sealed record PooledHead(string Weight, int Places)
{
    /// <summary>The head of a network that is only that.</summary>
    /// <param name="tail">What follows the layer.</param>
    /// <returns>The head; null when there is more.</returns>
    public static PooledHead? Of(Plan tail)
    {
        var (places, next) = (0, tail.Input);
        foreach (var item in tail.Operators)
        {
            if (item.Inputs is not [var input] || input != next)
                return null;
            next = item.Output;
            switch (item)
            {
                case DropoutOperator:
                    break;
                case AdaptivePoolOperator { IsMax: false } pool
                    when places == 0 && pool.OutputSize.All(size => size == 1):
                case AvgPoolOperator { DivisorOverride: null } average when places == 0 && SeesAll(average):
                    places = (int)(input.Shape.ElementCount / input.Shape.Sizes[0]);
                    break;
                case ReshapeOperator reshape when places > 0 && reshape.Shape.Rank == 1:
                    break;
                case LinearOperator { Weights: NamedWeights weights } linear
                    when places > 0 && linear.Output == tail.Output && input.Shape.Rank == 1:
                    return new PooledHead(weights.Name, places);
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>The gradient of a class's logit, for each channel.</summary>
    /// <param name="parameters">The network's tensors.</param>
    /// <param name="classIndex">The class.</param>
    public float[] Gradients(ParameterStore parameters, int classIndex)
    {
        using var scope = NewDisposeScope();
        using var weight = TensorMemory.OnHost(parameters[Weight].narrow(0, classIndex, 1));
        var result = TensorMemory.Elements<float>(weight).ToArray();
        for (var channel = 0; channel < result.Length; channel++)
            result[channel] /= Places;
        return result;
    }

    private static bool SeesAll(AvgPoolOperator pool) =>
        pool.Geometry.Padding.All(size => size == 0)
        && pool.Geometry.Kernel.SequenceEqual(pool.Input.Shape.Sizes.Skip(1));
}
