using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary><c>x · relu6(x + 3) / 6</c>.</summary>
/// <remarks>Source: Howard et al. 2019, arXiv:1905.02244.</remarks>
[Layer("hardswish", "A cheap form of silu, made of straight lines and a parabola.")]
internal sealed record Hardswish : Activation
{
    private protected override ActivationFunction Function => new(ActivationKind.Hardswish);
}
