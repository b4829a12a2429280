using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary><c>x / (1 + exp(-x))</c>.</summary>
[Layer("silu", "Multiplies every number by its sigmoid; also called swish.", ClassName = "SiLU")]
internal sealed record Silu : Activation
{
    private protected override ActivationFunction Function => new(ActivationKind.Silu);
}
