namespace ModelService.Models.Graph;

/// <summary>The kinds of activations.</summary>
internal enum ActivationKind
{
    /// <summary><c>max(x, 0)</c>.</summary>
    Relu,

    /// <summary><c>min(max(x, 0), 6)</c>.</summary>
    Relu6,

    /// <summary><c>x</c>, negative ones multiplied by a number.</summary>
    LeakyRelu,

    /// <summary><c>x</c>, for negative ones a number times <c>exp(x) - 1</c>.</summary>
    Elu,

    /// <summary><c>x · Φ(x)</c>, exactly.</summary>
    Gelu,

    /// <summary>GELU by a hyperbolic tangent.</summary>
    GeluTanh,

    /// <summary><c>x · sigmoid(x)</c>.</summary>
    Silu,

    /// <summary><c>x · relu6(x + 3) / 6</c>.</summary>
    Hardswish,

    /// <summary><c>1 / (1 + exp(-x))</c>.</summary>
    Sigmoid,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,
}

/// <summary>A function of each element.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Numbers">The numbers that the kind takes.</param>
internal sealed record ActivationFunction(ActivationKind Kind, params double[] Numbers);
