using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Layers;

/// <summary><c>max(x, 0) + min(Alpha · (exp(x / Alpha) - 1), 0)</c>.</summary>
/// <remarks>Source: Barron 2017, arXiv:1704.07483.</remarks>
[Layer("celu", "An elu without a kink at 0, whatever its alpha.", ClassName = "CELU")]
internal sealed record Celu : Activation
{
    [Description("The limit of the result for very negative numbers is -alpha; not 0.")]
    public double Alpha { get; init; } = 1.0;

    private protected override ActivationFunction Function => new(ActivationKind.Celu, Alpha);

    private protected override void Check(LayerVisit visit)
    {
        if (Alpha == 0)
            visit.Fail("alpha", "It must not be 0: the layer divides by it.");
    }
}
