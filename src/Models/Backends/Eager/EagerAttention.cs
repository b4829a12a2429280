using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelService.Models.Backends.Eager;

/// <summary>
/// Attention by single operations of libtorch, with gradients. The current dispose scope owns the results.
/// </summary>
internal static class EagerAttention
{
    /// <summary>Computes an operator.</summary>
    /// <param name="item">The operator.</param>
    /// <param name="x">Its input; borrowed.</param>
    /// <param name="parameters">Gives a tensor of the network by its name.</param>
    public static Tensor Compute(AttentionOperator item, Tensor x, Func<string, Tensor> parameters)
    {
        var sizes = item.Input.Shape.Sizes;
        var (length, channels) = (sizes[^2], sizes[^1] / 3);

        // [3, batch and groups, heads, length, channels of a head]
        var parts = x.reshape(-1, length, 3, item.Heads, channels / item.Heads).permute(2, 0, 3, 1, 4);
        var (query, key, value) = (parts.select(0, 0), parts.select(0, 1), parts.select(0, 2));
        if (item.LogitScale is { } logitScale)
            (query, key) = (OfLengthOne(query).mul(PositionBiases.Scale(parameters(logitScale))), OfLengthOne(key));
        else
            query = TensorMath.Product(query, item.Scale);
        var scores = query.matmul(key.transpose(-2, -1));
        if (item.Bias is { } bias)
        {
            var added = PositionBiases.Compute(bias, parameters);
            scores = bias.Shift is null
                ? TensorMath.Sum(scores, added)
                : TensorMath
                    .Sum(scores.reshape([-1, sizes[0], .. scores.shape.Skip(1)]), added)
                    .reshape([-1, .. scores.shape.Skip(1)]);
        }

        var attended = functional.softmax(scores, -1).matmul(value);
        return attended.transpose(1, 2).reshape([x.shape[0], .. item.Output.Shape.Sizes]);
    }

    // As torch.nn.functional.normalize.
    private static Tensor OfLengthOne(Tensor x) => functional.normalize(x, 2, -1);
}
