using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary><c>x · tanh(softplus(x))</c>.</summary>
/// <remarks>Source: Misra 2019, arXiv:1908.08681.</remarks>
[Layer("mish", "A smooth curve near silu, which lets small negative numbers through.")]
internal sealed record Mish : Activation
{
    private protected override ActivationFunction Function => new(ActivationKind.Mish);
}
