using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>The same elements in another shape.</summary>
/// <param name="Shape">The shape, without the batch dimension.</param>
internal sealed record ReshapeOperator(Shape Shape) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() => Input.Shape.ElementCount == Shape.ElementCount ? Shape : throw Misfit();
}

/// <summary>The same elements with their dimensions in another order.</summary>
/// <param name="Dimensions">For each dimension of the output, that of the input; the first is 0, the batch.</param>
internal sealed record PermuteOperator(long[] Dimensions) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() =>
        Dimensions is [0, ..]
        && Dimensions.Order().SequenceEqual(Enumerable.Range(0, Input.Shape.Rank + 1).Select(i => (long)i))
            ? new Shape([.. Dimensions.Skip(1).Select(dimension => Input.Shape.Sizes[(int)dimension - 1])])
            : throw Misfit();
}

/// <summary>Some of the elements along a dimension.</summary>
/// <param name="Dimension">The dimension, the batch counted; at least 1.</param>
/// <param name="Start">The first element.</param>
/// <param name="Length">How many elements.</param>
internal sealed record SliceOperator(int Dimension, long Start, long Length) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() =>
        Dimension >= 1
        && Dimension <= Input.Shape.Rank
        && Start >= 0
        && Length > 0
        && Start + Length <= Input.Shape.Sizes[Dimension - 1]
            ? Input.Shape.With(Dimension - 1, Length)
            : throw Misfit();
}

/// <summary>Values one after the other along the channels.</summary>
internal sealed record ConcatOperator : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() =>
        Inputs.All(part => part.Shape.Sizes.Skip(1).SequenceEqual(Input.Shape.Sizes.Skip(1)))
            ? Input.Shape.With(0, Inputs.Sum(part => part.Shape.Sizes[0]))
            : throw Misfit();
}

/// <summary>What stands beyond the edge of a padded value.</summary>
public enum PaddingMode
{
    /// <summary>Zeros.</summary>
    Zeros,

    /// <summary>The value mirrored at its edge, the edge itself not repeated.</summary>
    Reflect,

    /// <summary>The edge repeated.</summary>
    Replicate,

    /// <summary>The value continued from its other side.</summary>
    Circular,
}

/// <summary>A value with edges around it.</summary>
/// <param name="Edges">
/// Elements before and after each dimension without the batch, from the first to the last; only zeros pad channels.
/// </param>
/// <param name="Mode">What the edges hold.</param>
internal sealed record PadOperator((long Front, long Back)[] Edges, PaddingMode Mode) : Operator
{
    /// <summary>
    /// The edges as <c>torch.nn.functional.pad</c> takes them: front and back of the last dimension, then of the one
    /// before. Without the channels where these have none, since only zeros may pad them.
    /// </summary>
    public long[] FromLast =>
        [.. Edges.Skip(Edges[0] == (0, 0) ? 1 : 0).Reverse().SelectMany(edge => new[] { edge.Front, edge.Back })];

    /// <inheritdoc/>
    public override Shape InferShape() =>
        Edges.Length == Input.Shape.Rank
        && (Mode == PaddingMode.Zeros || Edges[0] == (0, 0))
        && Input.Shape.Sizes.Zip(Edges).All(pair => Fits(pair.First, pair.Second.Front, pair.Second.Back))
            ? new Shape([.. Input.Shape.Sizes.Zip(Edges, (size, edge) => size + edge.Front + edge.Back)])
            : throw Misfit();

    // A mirrored or continued edge can't be longer than what it repeats.
    private bool Fits(long size, long front, long back)
    {
        var longest = Mode switch
        {
            PaddingMode.Reflect => size - 1,
            PaddingMode.Circular => size,
            _ => long.MaxValue,
        };
        return Math.Min(front, back) >= 0 && Math.Max(front, back) <= longest;
    }
}
