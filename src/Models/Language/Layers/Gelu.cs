using System.ComponentModel;
using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary>How GELU computes the normal distribution.</summary>
public enum GeluApproximation
{
    /// <summary>Exactly.</summary>
    None,

    /// <summary>Approximately, by a hyperbolic tangent.</summary>
    Tanh,
}

/// <summary><c>x · Φ(x)</c>, where Φ is the distribution function of the standard normal distribution.</summary>
/// <remarks>Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.</remarks>
[Layer(
    "gelu",
    "Multiplies every number by the probability that a standard normal variable is smaller.",
    ClassName = "GELU"
)]
internal sealed record Gelu : Activation
{
    [Description("\"none\" computes the normal distribution exactly, \"tanh\" by a hyperbolic tangent.")]
    public GeluApproximation Approximate { get; init; }

    private protected override ActivationFunction Function =>
        new(Approximate == GeluApproximation.Tanh ? ActivationKind.GeluTanh : ActivationKind.Gelu);
}
