namespace ModelService.Models.Tensors;

/// <summary>
/// Padding of a convolution: a size for each dimension, <c>"same"</c> (the output keeps the input's size) or
/// <c>"valid"</c> (no padding).
/// </summary>
/// <param name="Sizes">Elements added at both edges of each dimension; null for <c>"same"</c>.</param>
public sealed record Padding(Sizes? Sizes)
{
    /// <summary>The output keeps the input's size; needs a stride of 1.</summary>
    public static Padding Same { get; } = new((Sizes?)null);

    /// <summary>No padding.</summary>
    public static Padding Valid { get; } = new((Sizes)0);

    /// <summary>The same padding at every edge.</summary>
    /// <param name="value">Elements added at each edge.</param>
    public static implicit operator Padding(int value) => new((Sizes)value);

    /// <inheritdoc/>
    public override string ToString() => Sizes?.ToString() ?? "same";
}
