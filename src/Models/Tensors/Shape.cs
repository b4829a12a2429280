namespace ModelService.Models.Tensors;

/// <summary>
/// Sizes of a tensor without the batch dimension, such as <c>[C, H, W]</c>. After an error some or all of it may be unknown; what is known is
/// still checked, so that one mistake gives one error.
/// </summary>
public sealed class Shape
{
    /// <summary>Stands for a size that is not known.</summary>
    public const long UnknownSize = -1;

    private readonly long[]? sizes;
    private readonly long channels = UnknownSize;

    /// <summary>A shape of these sizes.</summary>
    /// <param name="sizes">At least one; <see cref="UnknownSize"/> for one that is not known.</param>
    public Shape(params long[] sizes) => this.sizes = sizes;

    private Shape(long[]? sizes, long channels) => (this.sizes, this.channels) = (sizes, channels);

    /// <summary>Nothing is known, not even the number of dimensions.</summary>
    public static Shape Unknown { get; } = new(null, UnknownSize);

    /// <summary>Whether the number of dimensions is known.</summary>
    public bool HasRank => sizes is not null;

    /// <summary>Whether every size is known.</summary>
    public bool IsKnown => sizes is not null && !sizes.Contains(UnknownSize);

    /// <summary>Number of dimensions.</summary>
    public int Rank => Sizes.Count;

    /// <summary>The sizes.</summary>
    public IReadOnlyList<long> Sizes => sizes ?? throw new InvalidOperationException("The shape is unknown.");

    /// <summary>The first size, that of the channels; it may be known where the number of dimensions is not.</summary>
    public long Channels => sizes is null ? channels : sizes[0];

    /// <summary>How many numbers it holds; <see cref="UnknownSize"/> when that is not known.</summary>
    public long ElementCount => sizes is null ? UnknownSize : Product(sizes);

    /// <summary>The product of sizes; <see cref="UnknownSize"/> when one of them is unknown.</summary>
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

    /// <summary>The channels are known, not the number of dimensions.</summary>
    internal static Shape OfChannels(long channels) => new(null, channels);

    /// <summary>The channels are known, and that there are so many dimensions beside them.</summary>
    internal static Shape OfChannels(long channels, int spatialRank) =>
        new([channels, .. Enumerable.Repeat(UnknownSize, spatialRank)]);

    /// <summary>The same shape with other channels.</summary>
    internal Shape WithChannels(long other) => sizes is null ? OfChannels(other) : new Shape([other, .. sizes.Skip(1)]);

    /// <summary>What two shapes that must be the same know together; null when they differ.</summary>
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
