using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary><c>min(max(x, 0), 6)</c>.</summary>
[Layer("relu6", "Cuts every number to the range 0 to 6.", ClassName = "ReLU6")]
internal sealed record Relu6 : Activation
{
    private protected override ActivationFunction Function => new(ActivationKind.Relu6);
}
