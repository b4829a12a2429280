using System.ComponentModel;
using ModelService.Models.Graph;

namespace ModelService.Models.Language.Layers;

/// <summary><c>x</c> for positive numbers, <c>Alpha · (exp(x) - 1)</c> for negative ones.</summary>
/// <remarks>Source: Clevert et al. 2015, arXiv:1511.07289.</remarks>
[Layer("elu", "Bends negative numbers smoothly towards -alpha.", ClassName = "ELU")]
internal sealed record Elu : Activation
{
    [Description("The limit of the result for very negative numbers is -alpha.")]
    public double Alpha { get; init; } = 1.0;

    private protected override ActivationFunction Function => new(ActivationKind.Elu, Alpha);
}
