using System.ComponentModel;
using ModelService.Models.Errors;
using ModelService.Models.Graph;
using static TorchSharp.torch;

namespace ModelService.Models.Language.Layers;

/// <summary>How the Gaussian in GELU is computed.</summary>
public enum GeluApproximation
{
    /// <summary>Exactly.</summary>
    None,

    /// <summary>By a hyperbolic tangent.</summary>
    Tanh,
}

/// <summary><c>x · Φ(x)</c>, Φ the normal distribution. Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.</summary>
[Layer("gelu", "Multiplies every number by the probability that a normal variable is smaller.")]
internal sealed record Gelu : Activation
{
    [Description("\"none\" computes the normal distribution exactly, \"tanh\" by a hyperbolic tangent.")]
    public GeluApproximation Approximate { get; init; }

    private protected override ActivationFunction Function =>
        new("gelu") { FusedName = "gelu", Approximate = WireNames.Of(Approximate) };

    private protected override Tensor Apply(Tensor input) =>
        nn.functional.gelu(
            input,
            Approximate == GeluApproximation.Tanh
                ? TorchSharp.Modules.GELU.Approximate.tanh
                : TorchSharp.Modules.GELU.Approximate.none
        );
}
