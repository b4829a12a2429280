namespace ModelService.Models.Tensors;

/// <summary>Padding of a convolution: sizes for each edge, or <c>"same"</c> (the output keeps the input's size) or <c>"valid"</c> (none).</summary>
/// <param name="Sizes">Elements added at both edges of each dimension; null for <c>"same"</c>.</param>
public sealed record Padding(Sizes? Sizes)
{
    /// <summary>As much as keeps the size; needs a stride of 1.</summary>
    public static Padding Same { get; } = new((Sizes?)null);

    /// <summary>None.</summary>
    public static Padding Valid { get; } = new((Sizes)0);

    /// <summary>The same padding at every edge.</summary>
    /// <param name="value">Elements added at each edge.</param>
    public static implicit operator Padding(int value) => new((Sizes)value);

    /// <inheritdoc/>
    public override string ToString() => Sizes?.ToString() ?? "same";
}
