using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;

namespace ModelService.Models.Int8;

/// <summary>The layers of a network that can compute with 8-bit integers, as the plan of integers fuses them.</summary>
internal static class QuantizableLayers
{
    // Stands for the formats while sums are fused.
    private static readonly LayerQuantization Any = new(new QuantizedFormat(1, 0), new QuantizedFormat(1, 0))
    {
        Addend = new QuantizedFormat(1, 0),
    };

    /// <summary>
    /// Fuses a network like <see cref="PlanPasses"/> does for integers. Its values are those of the graph, so that
    /// they can be observed there.
    /// </summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    public static Plan Fuse(Plan graph)
    {
        var fused = PlanPasses.Fuse(graph);
        var shared = Weighted(fused).Select(Name).CountBy(name => name).Where(pair => pair.Value > 1).ToDictionary();
        var marked = fused with
        {
            Operators =
            [
                .. fused.Operators.Select(item =>
                    item is WeightedOperator { IsFloat32: false, Weights: NamedWeights } weighted
                    && QuantizedWriter.CanWrite(weighted)
                    && !shared.ContainsKey(Name(weighted))
                        ? weighted with
                        {
                            Quantization = Any,
                        }
                        : item
                ),
            ],
        };
        return FuseActivations.Apply(FuseSums.Apply(marked));
    }

    /// <summary>The layers that can compute with 8-bit integers.</summary>
    /// <param name="fused">The fused network.</param>
    public static IEnumerable<WeightedOperator> Of(Plan fused) =>
        Weighted(fused).Where(item => item.Quantization is not null && QuantizedWriter.CanWrite(item));

    /// <summary>Formats for all of them, without calibration: the kernels are those of any formats.</summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    public static Quantization AnyFormats(Plan graph) =>
        new(
            Of(Fuse(graph)).ToDictionary(Name, item => item.HasAddend ? Any : Any with { Addend = null }),
            new Dictionary<string, float[]>()
        );

    /// <summary>The name by which a layer's formats are stored: that of its weight.</summary>
    public static string Name(WeightedOperator item) => ((NamedWeights)item.Weights).Name;

    private static IEnumerable<WeightedOperator> Weighted(Plan plan) =>
        plan.Operators.OfType<WeightedOperator>().Where(item => item.Weights is NamedWeights);
}
