using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary><c>relu6(x + 3) / 6</c>.</summary>
/// <remarks>Source: Howard et al. 2019, arXiv:1905.02244.</remarks>
[Layer("hardsigmoid", "A cheap form of sigmoid, made of straight lines.")]
internal sealed record Hardsigmoid : Activation
{
    private protected override ActivationFunction Function => new(ActivationKind.Hardsigmoid);
}
