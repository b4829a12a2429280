namespace ModelService.Models.Tensors;

/// <summary>A tensor that an architecture wants.</summary>
/// <param name="Name">Its name in the state dict, such as <c>layer1.0.conv1.weight</c>.</param>
/// <param name="Shape">Its sizes, outermost first; empty for a single number.</param>
/// <param name="IsCounter">A batch norm's <c>num_batches_tracked</c>: int64, not used for inference, may be missing.</param>
public sealed record TensorSpec(string Name, IReadOnlyList<long> Shape, bool IsCounter)
{
    /// <summary>Bytes that it takes in a model: float32, or int64 for a counter.</summary>
    public long Bytes => Shape.Aggregate(IsCounter ? sizeof(long) : (long)sizeof(float), (bytes, size) => bytes * size);

    /// <summary>The key of its layer: all of its name before the last dot.</summary>
    internal string Layer => LayerOf(Name);

    /// <summary>The key of the layer that a tensor of this name is in.</summary>
    internal static string LayerOf(string name) => name[..Math.Max(0, name.LastIndexOf('.'))];
}
