namespace ModelService.Models.Graph;

/// <summary>An activation: a function applied to each number by itself.</summary>
/// <param name="Name">Name in libtorch; with <c>_</c> appended, that of the function that works in place.</param>
/// <param name="Scalars">Numeric parameters, in libtorch's order.</param>
internal sealed record ActivationFunction(string Name, params double[] Scalars)
{
    /// <summary>Name in oneDNN, if oneDNN can fuse it into a convolution or linear layer; else null.</summary>
    public string? FusedName { get; init; }

    /// <summary>The formula of GELU: <c>none</c> (exact) or <c>tanh</c>; null for other functions.</summary>
    public string? Approximate { get; init; }
}
