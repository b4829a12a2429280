using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>One step of a plan.</summary>
/// <remarks>
/// A plan is a list of operators in the order in which they run. Operators are plain data, made and rewritten without
/// libtorch: they name their weights in the state dict and don't hold the numbers.
/// </remarks>
internal abstract record Operator
{
    /// <summary>Key of the layer that the operator stems from.</summary>
    public required string Key { get; init; }

    /// <summary>The values that the operator reads.</summary>
    public required IReadOnlyList<Value> Inputs { get; init; }

    /// <summary>The value that the operator computes.</summary>
    public required Value Output { get; init; }
}

/// <summary>
/// A convolution or linear layer with the operators fused into it: <c>activation(weights · x + bias + addend)</c>.
/// </summary>
internal abstract record WeightedOperator : Operator
{
    /// <summary>Weight and bias.</summary>
    public required WeightSource Weights { get; init; }

    /// <summary>Whether there is a second input, which is added to the result before the activation.</summary>
    public bool HasAddend => Inputs.Count > 1;

    /// <summary>Whether no later operator reads the addend, so that the result may overwrite it in memory.</summary>
    public bool IsAddendFree { get; init; }

    /// <summary>Multiply-accumulates for one input of a batch.</summary>
    public abstract long Macs { get; }

    /// <summary>Elements of the weight.</summary>
    public abstract long WeightCount { get; }

    /// <summary>The kernel that computes it.</summary>
    public KernelKind KernelKind { get; init; }

    /// <summary>Whether it is computed in float32, whatever the plan's precision.</summary>
    public bool IsFloat32 { get; init; }

    /// <summary>The activation applied at the end; null for none.</summary>
    public ActivationFunction? Activation { get; init; }
}

/// <summary>A convolution with zero padding.</summary>
internal sealed record ConvolutionOperator : WeightedOperator
{
    /// <summary>Size of the window, for each spatial dimension.</summary>
    public required long[] Kernel { get; init; }

    /// <summary>Step of the window, for each spatial dimension.</summary>
    public required long[] Stride { get; init; }

    /// <summary>Zeros at either edge of each spatial dimension.</summary>
    public required long[] Padding { get; init; }

    /// <summary>Distance between the window's elements, for each spatial dimension.</summary>
    public required long[] Dilation { get; init; }

    /// <summary>Number of groups of channels, each convolved by itself.</summary>
    public required long Groups { get; init; }

    /// <inheritdoc/>
    public override long Macs => WeightCount * Output.Shape.ElementCount / Output.Shape.Sizes[0];

    /// <inheritdoc/>
    public override long WeightCount =>
        Output.Shape.Sizes[0] * (Inputs[0].Shape.Sizes[0] / Groups) * Shape.Product(Kernel);
}

/// <summary>A linear layer: weighted sums over the last dimension.</summary>
internal sealed record LinearOperator : WeightedOperator
{
    /// <inheritdoc/>
    public override long Macs => Inputs[0].Shape.ElementCount * Output.Shape.Sizes[^1];

    /// <inheritdoc/>
    public override long WeightCount => Inputs[0].Shape.Sizes[^1] * Output.Shape.Sizes[^1];
}

/// <summary>A batch norm that could not be folded into the weights before it.</summary>
/// <param name="Norm">The norm's parameters.</param>
internal sealed record NormOperator(Norm Norm) : Operator;

/// <summary>An activation that is not fused into another operator.</summary>
/// <param name="Function">The function.</param>
internal sealed record ActivationOperator(ActivationFunction Function) : Operator
{
    /// <summary>Whether the result overwrites the input in memory.</summary>
    public bool IsInPlace { get; init; }
}

/// <summary>The sum of two values of the same shape.</summary>
internal sealed record AddOperator : Operator
{
    /// <summary>Whether the result overwrites the first input in memory.</summary>
    public bool IsInPlace { get; init; }
}

/// <summary>A call of any other libtorch function.</summary>
/// <param name="Function">The function's name in TorchScript.</param>
/// <param name="Arguments">
/// The arguments in the function's order. Each is a <see cref="Value"/>, <see cref="Parameter"/>, null,
/// <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>, a list of one of these, or a <see cref="string"/> from
/// this program's own code, never text from a client.
/// </param>
internal sealed record CallOperator(string Function, IReadOnlyList<object?> Arguments) : Operator;
