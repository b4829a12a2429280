using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>How the window of a pool slides, for each spatial dimension.</summary>
/// <param name="Kernel">Size of the window.</param>
/// <param name="Stride">Step of the window.</param>
/// <param name="Padding">Elements added at both edges.</param>
/// <param name="Dilation">Distance between the window's elements.</param>
/// <param name="CeilMode">Whether a window that hangs over the end still counts.</param>
internal sealed record PoolGeometry(long[] Kernel, long[] Stride, long[] Padding, long[] Dilation, bool CeilMode)
{
    /// <summary>Spatial dimensions.</summary>
    public int Rank => Kernel.Length;

    /// <summary>
    /// The shape that a pool gives; null when the window does not fit into the input, or its padding is more than half
    /// of it.
    /// </summary>
    public Shape? Pool(Shape input)
    {
        if (
            input.Rank != Rank + 1
            || new[] { Stride, Padding, Dilation }.Any(sizes => sizes.Length != Rank)
            || Padding.Zip(Kernel).Any(pair => pair.First > pair.Second / 2)
        )
        {
            return null;
        }

        long[] places =
        [
            .. Kernel.Select(
                (size, i) => new Window(size, Stride[i], Padding[i], Dilation[i], CeilMode).Places(input.Sizes[i + 1])
            ),
        ];
        return places.All(count => count > 0) ? new Shape([input.Sizes[0], .. places]) : null;
    }
}

/// <summary>The greatest element of each window.</summary>
internal sealed record MaxPoolOperator(PoolGeometry Geometry) : Operator
{
    /// <summary>Whether its input is 8-bit integers in channels_last, and so its output.</summary>
    public bool IsOfIntegers { get; init; }

    /// <inheritdoc/>
    public override Shape InferShape() => Geometry.Pool(Input.Shape) ?? throw Misfit();
}

/// <summary>The mean of each window.</summary>
/// <param name="Geometry">How the window slides; its dilation is 1.</param>
/// <param name="CountIncludePad">Whether the padding's zeros count in the mean.</param>
/// <param name="DivisorOverride">
/// The divisor of the sum instead of the window's size; null for that, as always for a series.
/// </param>
internal sealed record AvgPoolOperator(PoolGeometry Geometry, bool CountIncludePad, long? DivisorOverride) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() =>
        Geometry.Dilation.All(gap => gap == 1) && (DivisorOverride is null || Geometry.Rank > 1)
            ? Geometry.Pool(Input.Shape) ?? throw Misfit()
            : throw Misfit();
}

/// <summary>Pools to a given size: the mean of each region, or its greatest element.</summary>
/// <param name="OutputSize">Regions in each spatial dimension.</param>
/// <param name="IsMax">Whether the greatest element counts; else the mean.</param>
internal sealed record AdaptivePoolOperator(long[] OutputSize, bool IsMax) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() =>
        Input.Shape.Rank == OutputSize.Length + 1 && OutputSize.All(size => size > 0)
            ? new Shape([Input.Shape.Sizes[0], .. OutputSize])
            : throw Misfit();
}
