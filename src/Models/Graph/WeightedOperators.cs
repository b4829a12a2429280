using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>
/// A convolution or linear layer, with what could be fused into it: <c>activation(weights · x + bias + addend)</c>.
/// The addend is the second input, if there are two.
/// </summary>
internal abstract record WeightedOperator(WeightSource Weights) : Operator
{
    /// <summary>Whether the second input is added to the result, before the activation.</summary>
    public bool HasAddend => Inputs.Count > 1;

    /// <summary>Whether nothing reads the addend after this operator, so that the result may overwrite it.</summary>
    public bool IsAddendFree { get; init; }

    /// <summary>Multiply-accumulates for one input of the batch.</summary>
    public abstract long Macs { get; }

    /// <summary>Elements of the weight.</summary>
    public abstract long WeightCount { get; }

    /// <summary>The kernel that computes it in a plan.</summary>
    public KernelKind KernelKind { get; init; }

    /// <summary>Whether it computes in float32 whatever the plan's precision.</summary>
    public bool IsFloat32 { get; init; }

    /// <summary>The precision that it computes in.</summary>
    /// <param name="precision">That of the plan.</param>
    public Precision PrecisionIn(Precision precision) => IsFloat32 ? Precision.Float32 : precision;

    /// <summary>The formats that were calibrated for it; null: it computes in floating point.</summary>
    public LayerQuantization? Quantization { get; init; }

    /// <summary>The formats in which it computes with 8-bit integers; <c>QuantizeValues</c> sets them.</summary>
    public QuantizedForm? Quantized { get; init; }

    /// <summary>The activation at its end; null for none.</summary>
    public ActivationFunction? Activation { get; init; }

    /// <summary>Whether it computes more than the layer that it stems from.</summary>
    public bool IsFused =>
        HasAddend || Activation is not null || Weights is { Norms.Count: > 0 } or { PadIn: > 0 } or { PadOut: > 0 };
}

/// <summary>A convolution with zero padding over <c>[N, C, ...]</c>, in 1 to 3 spatial dimensions.</summary>
internal sealed record ConvolutionOperator(WeightSource Weights) : WeightedOperator(Weights)
{
    /// <summary>Channels of the output.</summary>
    public required long Channels { get; init; }

    /// <summary>Size of the window in each dimension.</summary>
    public required long[] Kernel { get; init; }

    /// <summary>Step of the window.</summary>
    public required long[] Stride { get; init; }

    /// <summary>Zeros at both edges of each dimension.</summary>
    public required long[] Padding { get; init; }

    /// <summary>Distance between the window's elements.</summary>
    public required long[] Dilation { get; init; }

    /// <summary>Groups of channels that are convolved separately.</summary>
    public required long Groups { get; init; }

    /// <inheritdoc/>
    public override long Macs => WeightCount * Output.Shape.ElementCount / Output.Shape.Sizes[0];

    /// <inheritdoc/>
    public override long WeightCount => Channels * (Input.Shape.Sizes[0] / Groups) * Shape.Product(Kernel);

    /// <inheritdoc/>
    public override Shape InferShape()
    {
        if (
            Input.Shape.Rank != Kernel.Length + 1
            || new[] { Stride, Padding, Dilation }.Any(sizes => sizes.Length != Kernel.Length)
            || Input.Shape.Sizes[0] % Groups != 0
            || Channels % Groups != 0
        )
        {
            throw Misfit();
        }

        long[] places =
        [
            .. Kernel.Select(
                (size, i) => new Window(size, Stride[i], Padding[i], Dilation[i]).Places(Input.Shape.Sizes[i + 1])
            ),
        ];
        return places.All(count => count > 0) ? new Shape([Channels, .. places]) : throw Misfit();
    }
}

/// <summary>Weighted sums over the last dimension: <c>[..., in]</c> to <c>[..., out]</c>.</summary>
internal sealed record LinearOperator(WeightSource Weights) : WeightedOperator(Weights)
{
    /// <summary>Sizes of the last dimension of the output.</summary>
    public required long Features { get; init; }

    /// <inheritdoc/>
    public override long Macs => Input.Shape.ElementCount * Features;

    /// <inheritdoc/>
    public override long WeightCount => Input.Shape.Sizes[^1] * Features;

    /// <inheritdoc/>
    public override Shape InferShape() => new([.. Input.Shape.Sizes.SkipLast(1), Features]);
}
