using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary><c>max(x, 0)</c>.</summary>
[Layer("relu", "Replaces every negative number by 0.", ClassName = "ReLU")]
internal sealed record Relu : Activation
{
    private protected override ActivationFunction Function => new(ActivationKind.Relu);
}
