namespace ModelService.Models.Weights;

/// <summary>How a tensor lies over the elements of its storage: element (i, j, ...) stands at i * stride 0 + j * stride 1 + ...</summary>
internal sealed class TensorGeometry
{
    /// <summary>Most dimensions that are taken; no layer has more than six.</summary>
    public const int MaxRank = 32;

    private TensorGeometry(long[] shape, long[] strides, long elementCount, long extent)
    {
        Shape = shape;
        Strides = strides;
        ElementCount = elementCount;
        Extent = extent;
        IsContiguous = strides.AsSpan().SequenceEqual(RowMajor(shape));
    }

    public long[] Shape { get; }

    /// <summary>In elements. Zero where a dimension has one element, whatever the file says: such a stride means nothing.</summary>
    public long[] Strides { get; }

    /// <summary>The product of the sizes.</summary>
    public long ElementCount { get; }

    /// <summary>Elements from the first to the last one that is used, both included.</summary>
    public long Extent { get; }

    /// <summary>The elements stand one after the other in row-major order.</summary>
    public bool IsContiguous { get; }

    /// <summary>The geometry of elements in row-major order, or null if their number doesn't fit 63 bits or a size is negative.</summary>
    public static TensorGeometry? Contiguous(long[] shape) =>
        Count(shape) is { } count ? new TensorGeometry(shape, RowMajor(shape), count, count) : null;

    /// <summary>A view of a storage of <paramref name="available"/> elements from its offset on.</summary>
    /// <returns>The geometry, or null and what is wrong.</returns>
    public static TensorGeometry? Strided(long[] shape, long[] strides, long available, out string fault)
    {
        fault = "";
        if (shape.Length > MaxRank)
        {
            fault = $"{shape.Length} dimensions; at most {MaxRank} are taken";
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
                $"sizes {Unreadable.Sizes(shape)} with strides {Unreadable.Sizes(strides)} reach outside of the {available} "
                + "elements that the storage has from the tensor's offset on";
            return null;
        }

        if (Count(shape) is not { } count)
        {
            fault = $"sizes {Unreadable.Sizes(shape)}: that many elements can't be counted";
            return null;
        }

        var used = strides.Select((stride, dimension) => shape[dimension] == 1 ? 0 : stride).ToArray();
        return new TensorGeometry(shape, used, count, (long)last + 1);
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
