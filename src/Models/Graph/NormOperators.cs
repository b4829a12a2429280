using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>Batch norm: each channel by its running statistics, then scaled and shifted.</summary>
/// <param name="Norm">Its tensors and its epsilon.</param>
internal sealed record BatchNormOperator(Norm Norm) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() => Input.Shape;
}

/// <summary>Group norm: groups of channels of each input by their own mean and deviation.</summary>
/// <param name="Groups">Groups of channels.</param>
/// <param name="Eps">Added to the variance.</param>
/// <param name="Weight">Name of the scale; null for none.</param>
/// <param name="Bias">Name of the shift; null for none.</param>
internal sealed record GroupNormOperator(long Groups, double Eps, string? Weight, string? Bias) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() => Input.Shape.Sizes[0] % Groups == 0 ? Input.Shape : throw Misfit();
}

/// <summary>Layer norm: the last dimensions of each input by their own mean and deviation.</summary>
/// <param name="Sizes">Sizes of these dimensions.</param>
/// <param name="Eps">Added to the variance.</param>
/// <param name="Weight">Name of the scale; null for none.</param>
/// <param name="Bias">Name of the shift; null for none.</param>
internal sealed record LayerNormOperator(long[] Sizes, double Eps, string? Weight, string? Bias) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() =>
        Sizes.Length > 0 && Input.Shape.Sizes.TakeLast(Sizes.Length).SequenceEqual(Sizes)
            ? Input.Shape
            : throw Misfit();
}

/// <summary>
/// Local response norm: <c>x / (k + alpha / size · Σ x'²)^beta</c>, the sum over neighbouring channels. Source:
/// Krizhevsky et al. 2012; PyTorch nn.LocalResponseNorm.
/// </summary>
/// <param name="Size">Neighbouring channels that count.</param>
/// <param name="Alpha">The factor of the sum.</param>
/// <param name="Beta">The exponent.</param>
/// <param name="K">The number that the sum is added to.</param>
internal sealed record LocalResponseNormOperator(long Size, double Alpha, double Beta, double K) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() => Input.Shape.Rank > 1 ? Input.Shape : throw Misfit();
}
