namespace ModelService.Models.Weights;

/// <summary>
/// Maps the elements of a tensor to those of its storage: element (i, j, ...) is at i * stride 0 + j * stride 1 + ...
/// </summary>
internal sealed class TensorGeometry
{
    /// <summary>Most dimensions of a tensor that is read; no layer has more than six.</summary>
    public const int MaxRank = 32;

    private TensorGeometry(long[] shape, long[] strides, long elementCount, long extent)
    {
        Shape = shape;
        Strides = strides;
        ElementCount = elementCount;
        Extent = extent;
        IsContiguous = strides.AsSpan().SequenceEqual(RowMajor(shape));
    }

    /// <summary>The sizes, outermost first; empty for a single number.</summary>
    public long[] Shape { get; }

    /// <summary>
    /// The strides, in elements. A dimension of size 1 has stride 0, whatever the file says: its stride has no effect.
    /// </summary>
    public long[] Strides { get; }

    /// <summary>The product of the sizes.</summary>
    public long ElementCount { get; }

    /// <summary>Number of storage elements from the tensor's first to its last one, both included.</summary>
    public long Extent { get; }

    /// <summary>Whether the elements follow each other without gaps, in row-major order.</summary>
    public bool IsContiguous { get; }

    /// <summary>The geometry of contiguous elements in row-major order.</summary>
    /// <returns>Null if a size is negative or the number of elements doesn't fit 63 bits.</returns>
    public static TensorGeometry? Contiguous(long[] shape) =>
        Count(shape) is { } count ? new TensorGeometry(shape, RowMajor(shape), count, count) : null;

    /// <summary>The geometry of a view of a storage.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="strides">The strides, in elements.</param>
    /// <param name="available">Number of elements that the storage has from the tensor's first element on.</param>
    /// <param name="fault">A description of the error, if the result is null.</param>
    /// <returns>The geometry; null if the sizes and strides are invalid.</returns>
    public static TensorGeometry? Strided(long[] shape, long[] strides, long available, out string fault)
    {
        fault = "";
        if (shape.Length > MaxRank)
        {
            fault = $"{shape.Length} dimensions; at most {MaxRank} are allowed";
            return null;
        }

        if (shape.Length != strides.Length)
        {
            fault = $"{shape.Length} sizes and {strides.Length} strides";
            return null;
        }

        if (shape.Any(size => size < 0) || strides.Any(stride => stride < 0))
        {
            fault = $"sizes {Unreadable.Sizes(shape)} and strides {Unreadable.Sizes(strides)}: none may be negative";
            return null;
        }

        if (shape.Contains(0))
            return new TensorGeometry(shape, RowMajor(shape), 0, 0);

        Int128 last = 0;
        for (var dimension = 0; dimension < shape.Length && last < available; dimension++)
            last += (Int128)(shape[dimension] - 1) * strides[dimension];
        if (last >= available)
        {
            fault =
                $"sizes {Unreadable.Sizes(shape)} with strides {Unreadable.Sizes(strides)}, which reach outside of "
                + $"the {available} elements that the storage has from the tensor's offset on";
            return null;
        }

        if (Count(shape) is not { } count)
        {
            fault = $"sizes {Unreadable.Sizes(shape)}: the number of elements doesn't fit 63 bits";
            return null;
        }

        var effective = strides.Select((stride, dimension) => shape[dimension] == 1 ? 0 : stride).ToArray();
        return new TensorGeometry(shape, effective, count, (long)last + 1);
    }

    private static long? Count(long[] shape)
    {
        if (shape.Any(size => size < 0))
            return null;
        if (shape.Contains(0))
            return 0;
        var count = 1L;
        foreach (var size in shape)
        {
            if (count > long.MaxValue / size)
                return null;
            count *= size;
        }

        return count;
    }

    private static long[] RowMajor(long[] shape)
    {
        var strides = new long[shape.Length];
        if (shape.Contains(0))
            return strides;
        var stride = 1L;
        for (var dimension = shape.Length - 1; dimension >= 0; dimension--)
        {
            strides[dimension] = shape[dimension] == 1 ? 0 : stride;
            stride *= shape[dimension];
        }

        return strides;
    }
}
