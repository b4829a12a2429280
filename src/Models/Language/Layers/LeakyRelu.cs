using System.ComponentModel;
using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary><c>x</c> for positive numbers, <c>NegativeSlope · x</c> for negative ones.</summary>
[Layer("leaky_relu", "Makes negative numbers small instead of 0.", ClassName = "LeakyReLU")]
internal sealed record LeakyRelu : Activation
{
    [Description("Factor of negative numbers.")]
    public double NegativeSlope { get; init; } = 0.01;

    private protected override ActivationFunction Function => new(ActivationKind.LeakyRelu, NegativeSlope);
}
