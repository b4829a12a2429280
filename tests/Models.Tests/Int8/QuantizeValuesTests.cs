using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;
using ModelService.Models.Int8;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Int8;

/// <summary>Values stay integers between layers that compute with them.</summary>
public sealed class QuantizeValuesTests
{
    private const string Convolution =
        """{ "type": "conv2d", "out_channels": 16, "kernel_size": 3, "padding": 1, "bias": false }""";

    [Fact]
    public void Apply_Branches_ConvertOnceAtTheStartAndOnceAtTheEnd()
    {
        var graph = Networks
            .Analyze(
                Networks.Of(
                    Convolution,
                    """{ "type": "batch_norm2d" }""",
                    """{ "type": "relu" }""",
                    """{ "type": "max_pool2d", "kernel_size": 2 }""",
                    $$"""
                    { "type": "concat", "branches": [{{Convolution}},
                      { "type": "sequential", "layers": [{{Convolution}}, { "type": "relu" }] }] }
                    """,
                    Convolution,
                    """{ "type": "gelu" }""",
                    """{ "type": "flatten" }""",
                    """{ "type": "linear", "out_features": 4 }"""
                )
            )
            .ToPlan();

        var plan = Compile(graph);

        Assert.Equal(4, plan.Operators.OfType<WeightedOperator>().Count(item => item.Quantized is not null));
        Assert.Single(plan.Operators.OfType<QuantizeOperator>());
        Assert.Empty(plan.Operators.OfType<DequantizeOperator>()); // the last one gives float32 by itself
        Assert.True(Assert.Single(plan.Operators.OfType<MaxPoolOperator>()).IsOfIntegers);
    }

    [Fact]
    public void Apply_ResNet50_FusesEverySum()
    {
        var plan = Compile(PredefinedArchitectures.Find("resnet50")!.Analyze(new ArchitectureLimits()).ToPlan());

        Assert.Equal(53, plan.Operators.OfType<WeightedOperator>().Count(item => item.Quantized is not null));
        Assert.Equal(16, plan.Operators.OfType<WeightedOperator>().Count(item => item.HasAddend && item.IsAddendFree));
        Assert.Empty(plan.Operators.OfType<AddOperator>());
        Assert.Single(plan.Operators.OfType<QuantizeOperator>());
        Assert.Single(plan.Operators.OfType<DequantizeOperator>());
    }

    [Fact]
    public void Apply_OneLayerInFloat32_ConvertsAroundIt()
    {
        var graph = PredefinedArchitectures.Find("resnet18")!.Analyze(new ArchitectureLimits()).ToPlan();
        var all = QuantizableLayers.AnyFormats(graph);
        var quantization = all with
        {
            Layers = all.Layers.Where(layer => layer.Key != "layer2.0.conv2.weight").ToDictionary(),
        };

        var plan = PlanPasses.Compile(
            graph,
            new PlanTarget(Precision.Float32, ForCpu: true) { Quantization = quantization }
        );

        Assert.Equal(19, plan.Operators.OfType<WeightedOperator>().Count(item => item.Quantized is not null));
        Assert.Equal(2, plan.Operators.OfType<QuantizeOperator>().Count());
    }

    [Fact]
    public void Groups_Concat_HasOneFormatWithItsParts()
    {
        var graph = PredefinedArchitectures.Find("squeezenet1_1")!.Analyze(new ArchitectureLimits()).ToPlan();
        var fused = QuantizableLayers.Fuse(graph);
        var groups = new ValueGroups(fused);

        Assert.All(
            fused.Operators.OfType<ConcatOperator>(),
            concat => Assert.Single(concat.Inputs.Append(concat.Output).Select(groups.Find).Distinct())
        );
    }

    private static Plan Compile(Plan graph) =>
        PlanPasses.Compile(
            graph,
            new PlanTarget(Precision.Float32, ForCpu: true) { Quantization = QuantizableLayers.AnyFormats(graph) }
        );
}
