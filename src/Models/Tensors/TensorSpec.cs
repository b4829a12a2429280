namespace ModelService.Models.Tensors;

/// <summary>A tensor that an architecture expects in its state dict.</summary>
/// <param name="Name">Name in the state dict, such as <c>layer1.0.conv1.weight</c>.</param>
/// <param name="Shape">The sizes, outermost first; empty for a scalar.</param>
/// <param name="IsCounter">
/// Whether the tensor is int64, not used for inference, and may be missing: a batch norm's
/// <c>num_batches_tracked</c>, or
/// a <c>relative_position_index</c>, which follows from the size of the window.
/// </param>
public sealed record TensorSpec(string Name, IReadOnlyList<long> Shape, bool IsCounter)
{
    /// <summary>How it is filled before it is trained.</summary>
    public Initialization Initialization { get; init; } = Initialization.Zeros;

    /// <summary>
    /// Whether the tensor has a vector for each place of a picture <c>[1, L, C]</c>, which can be resized.
    /// </summary>
    public bool IsPositionEmbedding { get; init; }

    /// <summary>
    /// Whether the tensor is a constant of the network: it is neither trained nor computed while training.
    /// </summary>
    internal bool IsConstant => IsCounter || Initialization is Initialization.PositionCoordinates;

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
