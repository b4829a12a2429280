using System.ComponentModel;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Layers;

/// <summary><c>min(max(x, MinVal), MaxVal)</c>.</summary>
[Layer("hardtanh", "Cuts every number to a range.")]
internal sealed record Hardtanh : Activation
{
    [Description("The least number of the range.")]
    public double MinVal { get; init; } = -1.0;

    [Description("The greatest number of the range; above min_val.")]
    public double MaxVal { get; init; } = 1.0;

    private protected override ActivationFunction Function => new(ActivationKind.Hardtanh, MinVal, MaxVal);

    private protected override void Check(LayerVisit visit)
    {
        if (MinVal >= MaxVal)
            visit.Fail("max_val", $"{MaxVal} is not above min_val, which is {MinVal}.");
    }
}
