using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary><c>1 / (1 + exp(-x))</c>.</summary>
[Layer("sigmoid", "Maps every number to the range 0 to 1.")]
internal sealed record Sigmoid : Activation
{
    private protected override ActivationFunction Function => new(ActivationKind.Sigmoid);
}
