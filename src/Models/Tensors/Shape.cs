namespace ModelService.Models.Tensors;

/// <summary>
/// Sizes of a tensor without the batch dimension, such as <c>[C, H, W]</c>. After an error in a definition, some or all
/// of the sizes may be unknown. The known sizes are still checked, so that each mistake gives exactly one error.
/// </summary>
public sealed class Shape
{
    /// <summary>Marks a size that is unknown.</summary>
    public const long UnknownSize = -1;

    private readonly long[]? sizes;
    private readonly long channels = UnknownSize;

    /// <summary>Creates a shape with a known number of dimensions.</summary>
    /// <param name="sizes">At least one size; <see cref="UnknownSize"/> for an unknown one.</param>
    public Shape(params long[] sizes) => this.sizes = sizes;

    private Shape(long[]? sizes, long channels) => (this.sizes, this.channels) = (sizes, channels);

    /// <summary>A shape of which nothing is known, not even the number of dimensions.</summary>
    public static Shape Unknown { get; } = new(null, UnknownSize);

    /// <summary>Whether the number of dimensions is known.</summary>
    public bool HasRank => sizes is not null;

    /// <summary>Whether every size is known.</summary>
    public bool IsKnown => sizes is not null && !sizes.Contains(UnknownSize);

    /// <summary>Number of dimensions; only where <see cref="HasRank"/>.</summary>
    public int Rank => Sizes.Count;

    /// <summary>The sizes; only where <see cref="HasRank"/>.</summary>
    public IReadOnlyList<long> Sizes => sizes ?? throw new InvalidOperationException("The shape is unknown.");

    /// <summary>
    /// The first size: the number of channels. It may be known even if the number of dimensions is not.
    /// </summary>
    public long Channels => sizes is null ? channels : sizes[0];

    /// <summary>Number of elements; <see cref="UnknownSize"/> when a size is unknown.</summary>
    public long ElementCount => sizes is null ? UnknownSize : Product(sizes);

    /// <summary>Multiplies sizes; gives <see cref="UnknownSize"/> when one of them is unknown.</summary>
    /// <exception cref="OverflowException">The product does not fit in 64 bits.</exception>
    internal static long Product(IEnumerable<long> sizes)
    {
        var product = 1L;
        foreach (var size in sizes)
        {
            if (size == UnknownSize)
                return UnknownSize;
            product *= size;
        }

        return product;
    }

    /// <summary>Creates a shape of which only the channels are known, not the number of dimensions.</summary>
    internal static Shape FromChannels(long channels) => new(null, channels);

    /// <summary>Creates a shape of which the channels and the number of spatial dimensions are known.</summary>
    internal static Shape FromChannels(long channels, int spatialRank) =>
        new([channels, .. Enumerable.Repeat(UnknownSize, spatialRank)]);

    /// <summary>The same shape with another size in one dimension.</summary>
    internal Shape With(int dimension, long size) =>
        new([.. Sizes.Select((old, index) => index == dimension ? size : old)]);

    /// <summary>The same shape with other channels.</summary>
    internal Shape WithChannels(long other) =>
        sizes is null ? FromChannels(other) : new Shape([other, .. sizes.Skip(1)]);

    /// <summary>Combines the known sizes of two shapes that must be equal; null when they differ.</summary>
    internal Shape? Merge(Shape other)
    {
        if (!HasRank || !other.HasRank)
            return HasRank ? this : other;
        if (Rank != other.Rank)
            return null;
        var pairs = Sizes.Zip(other.Sizes).ToList();
        return pairs.Exists(pair =>
            pair.First != pair.Second && pair.First != UnknownSize && pair.Second != UnknownSize
        )
            ? null
            : new Shape([.. pairs.Select(pair => Math.Max(pair.First, pair.Second))]);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        sizes is null
            ? (channels == UnknownSize ? "unknown" : $"[{channels}, ...]")
            : $"[{string.Join(", ", sizes.Select(size => size == UnknownSize ? "?" : $"{size}"))}]";
}
