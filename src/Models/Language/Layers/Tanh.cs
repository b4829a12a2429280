using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary><c>tanh(x)</c>.</summary>
[Layer("tanh", "Maps every number to the range -1 to 1.")]
internal sealed record Tanh : Activation
{
    private protected override ActivationFunction Function => new(ActivationKind.Tanh);
}
