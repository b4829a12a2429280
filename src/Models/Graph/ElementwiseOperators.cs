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

/// <summary>Negative elements multiplied by a learnt factor.</summary>
/// <param name="Weight">Name of the factors: one, or one for each channel.</param>
internal sealed record PreluOperator(string Weight) : Operator
{
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
        Inputs is [var left, var right] && left.Shape.Sizes.SequenceEqual(right.Shape.Sizes)
            ? left.Shape
            : throw Misfit();
}

/// <summary>
/// The product of two values, sizes of 1 stretched: <c>[C, H, W]</c> by <c>[C, 1, 1]</c> scales each channel.
/// </summary>
internal sealed record MultiplyOperator : Operator
{
    /// <summary>Whether the result overwrites the first input.</summary>
    public bool IsInPlace { get; init; }

    /// <inheritdoc/>
    public override Shape InferShape()
    {
        if (Inputs is not [{ Shape: var left }, { Shape: var right }] || left.Rank != right.Rank)
            throw Misfit();
        var pairs = left.Sizes.Zip(right.Sizes).ToList();
        return pairs.All(pair => pair.First == pair.Second || pair.First == 1 || pair.Second == 1)
            ? new Shape([.. pairs.Select(pair => Math.Max(pair.First, pair.Second))])
            : throw Misfit();
    }
}

/// <summary>Dropout: zeros at random while training, nothing otherwise.</summary>
/// <param name="P">Probability of an element, or of a channel, to become 0.</param>
/// <param name="WholeChannels">Whether channels are dropped as a whole.</param>
internal sealed record DropoutOperator(double P, bool WholeChannels) : Operator
{
    /// <summary>Whether inputs of the batch are dropped as a whole: stochastic depth.</summary>
    public bool WholeInputs { get; init; }

    /// <summary>Whether the result has the mean and the variance of the input; of single elements only.</summary>
    public bool IsAlpha { get; init; }

    /// <inheritdoc/>
    public override Shape InferShape() => Input.Shape;
}

/// <summary>Softmax along a dimension.</summary>
/// <param name="Dimension">The dimension, the batch counted; negative from the last. Never the batch.</param>
internal sealed record SoftmaxOperator(long Dimension) : Operator
{
    /// <summary>Whether the result is the logarithm of the softmax.</summary>
    public bool IsLogarithm { get; init; }

    /// <inheritdoc/>
    public override Shape InferShape() =>
        Dimension != 0 && Math.Abs(Dimension) <= Input.Shape.Rank ? Input.Shape : throw Misfit();
}
