namespace ModelService.Models.Graph;

/// <summary>A function of each number by itself.</summary>
/// <param name="Name">Its name in libtorch; with <c>_</c> behind it, it works in place.</param>
/// <param name="Scalars">Its numbers.</param>
internal sealed record ActivationFunction(string Name, params double[] Scalars)
{
    /// <summary>Its name in oneDNN, where it can end a convolution; null where it can't.</summary>
    public string? FusedName { get; init; }

    /// <summary>For GELU: which formula.</summary>
    public string? Approximate { get; init; }
}
