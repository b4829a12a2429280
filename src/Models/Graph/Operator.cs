using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>One step of a plan.</summary>
/// <remarks>
/// A plan is a list of these in the order they run in: plain data, made and rewritten without libtorch. Their weights are names in the state
/// dict, not numbers.
/// </remarks>
internal abstract record Operator
{
    /// <summary>Key of the layer it stems from.</summary>
    public required string Key { get; init; }

    /// <summary>What it reads.</summary>
    public required IReadOnlyList<Value> Inputs { get; init; }

    /// <summary>What it computes.</summary>
    public required Value Output { get; init; }
}

/// <summary>A convolution or linear layer, with what could be fused into it: <c>activation(weights · x + bias + addend)</c>.</summary>
internal abstract record WeightedOperator : Operator
{
    /// <summary>Its numbers.</summary>
    public required WeightSource Weights { get; init; }

    /// <summary>Whether the second input is added to the result, before the activation.</summary>
    public bool HasAddend => Inputs.Count > 1;

    /// <summary>Whether nothing else reads the addend from here on, so that the result may take its place in memory.</summary>
    public bool IsAddendFree { get; init; }

    /// <summary>Multiplications for one input.</summary>
    public abstract long Macs { get; }

    /// <summary>Numbers of its weight.</summary>
    public abstract long WeightCount { get; }

    /// <summary>How it is computed.</summary>
    public KernelKind KernelKind { get; init; }

    /// <summary>Whether it computes in float32 whatever the plan's precision.</summary>
    public bool IsFloat32 { get; init; }

    /// <summary>Applied at the end; null for nothing.</summary>
    public ActivationFunction? Activation { get; init; }
}

/// <summary>A sliding weighted sum with zero padding.</summary>
internal sealed record ConvolutionOperator : WeightedOperator
{
    /// <summary>Size of the window.</summary>
    public required long[] Kernel { get; init; }

    /// <summary>Step of the window.</summary>
    public required long[] Stride { get; init; }

    /// <summary>Zeros at both edges of each dimension.</summary>
    public required long[] Padding { get; init; }

    /// <summary>Distance between the window's elements.</summary>
    public required long[] Dilation { get; init; }

    /// <summary>Groups of channels that are convolved by themselves.</summary>
    public required long Groups { get; init; }

    /// <inheritdoc/>
    public override long Macs => WeightCount * Output.Shape.ElementCount / Output.Shape.Sizes[0];

    /// <inheritdoc/>
    public override long WeightCount =>
        Output.Shape.Sizes[0] * (Inputs[0].Shape.Sizes[0] / Groups) * Shape.Product(Kernel);
}

/// <summary>Weighted sums over the last dimension.</summary>
internal sealed record LinearOperator : WeightedOperator
{
    /// <inheritdoc/>
    public override long Macs => Inputs[0].Shape.ElementCount * Output.Shape.Sizes[^1];

    /// <inheritdoc/>
    public override long WeightCount => Inputs[0].Shape.Sizes[^1] * Output.Shape.Sizes[^1];
}

/// <summary>Batch norm that could not be folded into weights.</summary>
/// <param name="Norm">Its numbers.</param>
internal sealed record NormOperator(Norm Norm) : Operator;

/// <summary>A function of each number by itself.</summary>
/// <param name="Function">The function.</param>
internal sealed record ActivationOperator(ActivationFunction Function) : Operator
{
    /// <summary>Whether the result takes the input's place in memory.</summary>
    public bool IsInPlace { get; init; }
}

/// <summary>The sum of two values of one shape.</summary>
internal sealed record AddOperator : Operator
{
    /// <summary>Whether the result takes the first input's place in memory.</summary>
    public bool IsInPlace { get; init; }
}

/// <summary>Any other libtorch function.</summary>
/// <param name="Function">Its name in TorchScript.</param>
/// <param name="Arguments">
/// In order: values, <see cref="Parameter"/>s, null, <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>, a list of them, or one of
/// our own words as a <see cref="string"/>; never text from a client.
/// </param>
internal sealed record CallOperator(string Function, IReadOnlyList<object?> Arguments) : Operator;
