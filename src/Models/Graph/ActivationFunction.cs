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

    /// <summary><c>relu6(x + 3) / 6</c>.</summary>
    Hardsigmoid,

    /// <summary><c>x</c>, cut to a range: a lower and an upper limit.</summary>
    Hardtanh,

    /// <summary><c>x · tanh(softplus(x))</c>.</summary>
    Mish,

    /// <summary>ELU, scaled so that mean 0 and variance 1 stay.</summary>
    Selu,

    /// <summary><c>max(x, 0) + min(a · (exp(x / a) - 1), 0)</c>.</summary>
    Celu,

    /// <summary><c>log(1 + exp(b · x)) / b</c>; <c>x</c> itself from a threshold of <c>b · x</c> on.</summary>
    Softplus,

    /// <summary><c>1 / (1 + exp(-x))</c>.</summary>
    Sigmoid,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,
}

/// <summary>A function of each element.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Numbers">The numbers that the kind takes.</param>
internal sealed record ActivationFunction(ActivationKind Kind, params double[] Numbers);
