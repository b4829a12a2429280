using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends;

/// <summary>Plans with some layers in float32, and the choice of a precision by time.</summary>
public sealed class PrecisionTimerTests
{
    [Theory]
    [InlineData("residual")]
    [InlineData("lesson")]
    public void Build_EachLayerInFloat32_IsAsCloseAsThePlanInBFloat16(string network)
    {
        Assert.SkipUnless(Precisions.ProcessorHasBFloat16, "This processor has no bfloat16.");
        var graph = Networks.Fixture(network).ToPlan();
        using var parameters = ParameterStore.Create(Networks.Fixture(network).StateDict, seed: 1, []);
        var layers = graph.Operators.OfType<WeightedOperator>().Select(item => item.Key).ToList();

        Assert.All(
            layers.Select(layer => new[] { layer }).Append([.. layers]),
            kept =>
            {
                using var plan = PlanVerification.Build(
                    graph,
                    parameters,
                    CPU,
                    Precision.BFloat16,
                    float32Layers: kept
                );
                Assert.InRange(Difference(plan, graph, parameters), 0, 0.02);
            }
        );
    }

    // The shortcut is a convolution for which oneDNN has no kernel in bfloat16.
    [Fact]
    public void Build_SumWithALayerThatStaysInFloat32_IsClose()
    {
        Assert.SkipUnless(Precisions.ProcessorHasBFloat16, "This processor has no bfloat16.");
        var analysis = Networks.Analyze(
            Networks.Of(
                """{ "type": "conv2d", "out_channels": 32, "kernel_size": 3, "padding": 1 }""",
                """
                { "type": "residual", "activation": "relu",
                  "body": [{ "type": "conv2d", "out_channels": 64, "kernel_size": 3, "padding": 1 }],
                  "shortcut": { "type": "conv2d", "out_channels": 64, "kernel_size": 1, "groups": 32 } }
                """,
                """{ "type": "flatten" }""",
                """{ "type": "linear", "out_features": 10 }"""
            )
        );
        var graph = analysis.ToPlan();
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var plan = PlanVerification.Build(graph, parameters, CPU, Precision.BFloat16);

        Assert.InRange(Difference(plan, graph, parameters), 0, 0.02);
    }

    [Fact]
    public void Choose_WithoutMixing_ChoosesByTheTimes()
    {
        var graph = Networks.Fixture("residual").ToPlan();
        using var parameters = ParameterStore.Create(Networks.Fixture("residual").StateDict, seed: 1, []);

        var choice = new PrecisionTimer(graph, parameters, CPU).Choose(mixes: false, maxBatchSize: 8);

        Assert.Empty(choice.Float32Layers);
        Assert.Equal(Precisions.ProcessorHasBFloat16 ? ["float32", "bfloat16"] : [], choice.Ms.Keys);
        Assert.Equal(
            choice.Ms.Count > 0 && choice.Ms["bfloat16"] < 0.97 * choice.Ms["float32"]
                ? Precision.BFloat16
                : Precision.Float32,
            choice.Precision
        );
    }

    private static double Difference(IExecutor plan, Plan graph, ParameterStore parameters)
    {
        using var reference = new EagerExecutor(graph, parameters);
        return PlanVerification
            .Measure(plan, reference, [.. graph.Input.Shape.Sizes], CPU, inputs: 16, maxBatchSize: 8)
            .MaxDifference;
    }
}
