using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>An activation: a function of each element.</summary>
/// <param name="Function">The function.</param>
internal sealed record ActivationOperator(ActivationFunction Function) : Operator
{
    /// <summary>Whether the result overwrites the input.</summary>
    public bool IsInPlace { get; init; }

    /// <inheritdoc/>
    public override Shape InferShape() => Input.Shape;
}

/// <summary>The sum of two values of one shape.</summary>
internal sealed record AddOperator : Operator
{
    /// <summary>Whether the result overwrites the first input.</summary>
    public bool IsInPlace { get; init; }

    /// <inheritdoc/>
    public override Shape InferShape() =>
        Inputs[0].Shape.Sizes.SequenceEqual(Inputs[1].Shape.Sizes) ? Input.Shape : throw Misfit();
}

/// <summary>
/// The product of two values, sizes of 1 stretched: <c>[C, H, W]</c> by <c>[C, 1, 1]</c> scales each channel.
/// </summary>
internal sealed record MultiplyOperator : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape()
    {
        var pairs = Inputs[0].Shape.Sizes.Zip(Inputs[1].Shape.Sizes).ToList();
        return
            pairs.Count == Inputs[0].Shape.Rank
            && pairs.Count == Inputs[1].Shape.Rank
            && pairs.All(pair => pair.First == pair.Second || pair.First == 1 || pair.Second == 1)
            ? new Shape([.. pairs.Select(pair => Math.Max(pair.First, pair.Second))])
            : throw Misfit();
    }
}

/// <summary>Dropout: zeros at random while training, nothing otherwise.</summary>
/// <param name="P">Probability of an element, or of a channel, to become 0.</param>
/// <param name="WholeChannels">Whether channels are dropped as a whole.</param>
internal sealed record DropoutOperator(double P, bool WholeChannels) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() => Input.Shape;
}

/// <summary>Softmax along a dimension.</summary>
/// <param name="Dimension">The dimension, the batch counted; negative from the last.</param>
internal sealed record SoftmaxOperator(long Dimension) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() => Input.Shape;
}
