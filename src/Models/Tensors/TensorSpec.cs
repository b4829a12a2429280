namespace ModelService.Models.Tensors;

/// <summary>A tensor that an architecture expects in its state dict.</summary>
/// <param name="Name">Name in the state dict, such as <c>layer1.0.conv1.weight</c>.</param>
/// <param name="Shape">The sizes, outermost first; empty for a scalar.</param>
/// <param name="IsCounter">
/// Whether the tensor is a batch norm's <c>num_batches_tracked</c>: int64, not used for inference, may be missing.
/// </param>
public sealed record TensorSpec(string Name, IReadOnlyList<long> Shape, bool IsCounter)
{
    /// <summary>How it is filled before it is trained.</summary>
    public Initialization Initialization { get; init; } = Initialization.Zeros;

    /// <summary>Size in a model's memory, in bytes: float32, or int64 for a counter.</summary>
    public long Bytes => Shape.Aggregate(IsCounter ? sizeof(long) : (long)sizeof(float), (bytes, size) => bytes * size);

    /// <summary>
    /// Whether the tensor is a batch norm's running mean or variance: computed while training, not learnt.
    /// </summary>
    internal bool IsStatistic =>
        Name.EndsWith(".running_mean", StringComparison.Ordinal)
        || Name.EndsWith(".running_var", StringComparison.Ordinal);

    /// <summary>The key of the tensor's layer: the part of its name before the last dot.</summary>
    internal string Layer => LayerOf(Name);

    /// <summary>The key of the layer of the tensor with a given name.</summary>
    internal static string LayerOf(string name) => name[..Math.Max(0, name.LastIndexOf('.'))];
}
