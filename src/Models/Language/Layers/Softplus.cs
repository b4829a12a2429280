using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Layers;

/// <summary><c>log(1 + exp(Beta · x)) / Beta</c>.</summary>
[Layer("softplus", "A smooth relu, which is never 0.")]
internal sealed record Softplus : Activation
{
    [Description("The greater, the nearer to relu; not 0.")]
    public double Beta { get; init; } = 1.0;

    [Description("From beta · x above this on, the result is x.")]
    public double Threshold { get; init; } = 20.0;

    private protected override ActivationFunction Function => new(ActivationKind.Softplus, Beta, Threshold);

    private protected override void Check(LayerVisit visit)
    {
        if (Beta == 0)
            visit.Fail("beta", "It must not be 0: the layer divides by it.");
    }
}
