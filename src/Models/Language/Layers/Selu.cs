using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary>ELU, scaled so that numbers of mean 0 and variance 1 keep both.</summary>
/// <remarks>Source: Klambauer et al. 2017, arXiv:1706.02515.</remarks>
[Layer(
    "selu",
    "A scaled elu: numbers keep their mean of 0 and their variance of 1 without a norm.",
    ClassName = "SELU"
)]
internal sealed record Selu : Activation
{
    private protected override ActivationFunction Function => new(ActivationKind.Selu);
}
