using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelService.Models.Backends;

/// <summary>The biases of attention in windows, with gradients. The current dispose scope owns the results.</summary>
internal static class PositionBiases
{
    /// <summary>The bias of each head for each query and key.</summary>
    /// <param name="bias">What it is computed from.</param>
    /// <param name="parameters">Gives a tensor of the network by its name.</param>
    /// <returns><c>[heads, L, L]</c>; with a shift <c>[windows, heads, L, L]</c>.</returns>
    public static Tensor Compute(PositionBias bias, Func<string, Tensor> parameters)
    {
        var (height, width) = bias.Window;
        var count = height * width;
        var table = bias.IsContinuous
            ? Continuous(bias.Key, parameters)
            : parameters($"{bias.Key}.relative_position_bias_table");
        var index = tensor(WindowPositions.Index(height, width)).to(table.device);
        var result = table.index_select(0, index).reshape(count, count, -1).permute(2, 0, 1);
        if (bias.IsContinuous)
            result = TensorMath.Product(functional.sigmoid(result), 16);
        if (bias.Shift is not { } shift)
            return result;
        var mask = tensor(WindowPositions.Mask(shift.Picture, bias.Window, shift.By))
            .reshape(-1, 1, count, count)
            .to(table.dtype, table.device);
        return TensorMath.Sum(mask, result);
    }

    /// <summary>The factor of a cosine, from its logarithm, which counts up to that of 100.</summary>
    public static Tensor Scale(Tensor logarithm) => TensorMath.Clamp(logarithm, float.MinValue, Math.Log(100)).exp();

    private static Tensor Continuous(string key, Func<string, Tensor> parameters)
    {
        var places = parameters($"{key}.relative_coords_table").reshape(-1, 2);
        var hidden = functional.linear(
            places,
            parameters($"{key}.cpb_mlp.0.weight"),
            parameters($"{key}.cpb_mlp.0.bias")
        );
        return functional.linear(functional.relu(hidden), parameters($"{key}.cpb_mlp.2.weight"), null);
    }
}
