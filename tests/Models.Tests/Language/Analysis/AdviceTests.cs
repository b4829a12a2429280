using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Language.Analysis;

/// <summary>Costs, receptive fields, and what a teacher would say.</summary>
public sealed class AdviceTests
{
    private const string Conv = """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3 }""";
    private const string Flatten = """{ "type": "flatten" }""";
    private const string Pool = """{ "type": "adaptive_avg_pool2d", "output_size": 1 }""";
    private const string Linear = """{ "type": "linear", "out_features": 4 }""";
    private const string Wide = """{ "type": "linear", "out_features": 64 }""";
    private const string Softmax = """{ "type": "softmax" }""";
    private const string Relu = """{ "type": "relu" }""";

    public static TheoryData<string[], string?, string?> Cases =>
        new()
        {
            { [Conv, """{ "type": "batch_norm2d" }""", Relu, Pool, Flatten, Linear], "/layers/0", "redundant" },
            { [Conv, Relu, """{ "type": "batch_norm2d" }""", Pool, Flatten, Linear], null, null },
            {
                [
                    Conv,
                    Relu,
                    Pool,
                    """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1 }""",
                    Flatten,
                    Linear,
                ],
                "/layers/3",
                "shrunk"
            },
            {
                [Conv, Relu, Pool, """{ "type": "conv2d", "out_channels": 4, "kernel_size": 1 }""", Flatten, Linear],
                null,
                null
            },
            { [Conv, Relu, Pool, Flatten, Linear, """{ "type": "dropout" }""", Linear], "/layers/6", "No activation" },
            { [Conv, Relu, Pool, Flatten, Linear, Relu, Linear], null, null },
            {
                [Conv, Relu, Flatten, """{ "type": "linear", "out_features": 50 }"""],
                "/layers/3",
                "% of all parameters"
            },
            { [Conv, Relu, Pool, Flatten, Linear, Softmax], "/layers/5", "logits" },
            {
                [Conv, Relu, Pool, Flatten, Linear, Softmax, """{ "type": "identity" }""", """{ "type": "dropout" }"""],
                "/layers/5",
                "logits"
            },
            {
                [
                    Conv,
                    Relu,
                    Pool,
                    Flatten,
                    Linear,
                    """{ "type": "sequential", "layers": [{ "type": "softmax" }, { "type": "identity" }] }""",
                ],
                "/layers/5/layers/0",
                "logits"
            },
            // Neighbours by the flow of data, not by the order in the JSON: branches stand side by side, and a fork's
            // input goes to several layers.
            {
                [Conv, Relu, Pool, Flatten, $$"""{ "type": "concat", "branches": [{{Linear}}, {{Linear}}] }"""],
                null,
                null
            },
            {
                [
                    Conv,
                    Relu,
                    Pool,
                    Flatten,
                    $$"""{ "type": "residual", "body": [{{Relu}}, {{Linear}}], "shortcut": {{Linear}} }""",
                ],
                null,
                null
            },
            {
                [
                    Conv,
                    Relu,
                    Pool,
                    Flatten,
                    $$"""
                        { "type": "concat", "branches": [{{Relu}},
                          { "type": "sequential", "layers": [{{Linear}}, {{Linear}}] }] }
                        """,
                ],
                "/layers/4/branches/1/layers/1",
                "No activation"
            },
            {
                [
                    Conv,
                    """{ "type": "residual", "body": [{ "type": "batch_norm2d" }, { "type": "relu" }] }""",
                    Pool,
                    Flatten,
                    Linear,
                ],
                null,
                null
            },
            // Without flatten.
            { [Conv, Relu, Linear], "/layers/2", "[4, 14, 14] becomes [4, 14, 4]" },
            { [Linear, Relu, Pool, Flatten, Linear], "/layers/0", "flatten" },
            {
                [
                    """{ "type": "flatten", "start_dim": 2 }""",
                    """{ "type": "conv1d", "out_channels": 2, "kernel_size": 1 }""",
                    """{ "type": "avg_pool1d", "kernel_size": 50 }""",
                    Relu,
                    Linear,
                ],
                "/layers/4",
                "[2, 5] becomes [2, 4]"
            },
            {
                [
                    """{ "type": "flatten", "start_dim": 2 }""",
                    Wide,
                    Relu,
                    $$"""{ "type": "residual", "body": [{{Wide}}, {{Relu}}] }""",
                ],
                null,
                null
            },
        };

    [Theory]
    [MemberData(nameof(Cases))]
    public void For_Network_SaysWhatATeacherWould(string[] layers, string? pointer, string? part)
    {
        var advice = ArchitectureAdvice.For(Networks.Analyze(Networks.Of(layers)));

        if (pointer is null)
        {
            Assert.Empty(advice);
            return;
        }

        var one = Assert.Single(advice);
        Assert.Equal(pointer, one.Pointer);
        Assert.Contains(part!, one.Detail, StringComparison.Ordinal);
    }

    // Araujo, Norris and Sim 2019, doi:10.23915/distill.00021, table of receptive fields: vgg_16 212, alexnet_v2 195
    // (whose strides and kernels are those of torchvision's alexnet up to the last pool).
    // Adaptive pools of 6 to 6 and of 7 to 7 see no more than what is before them.
    [Theory]
    [InlineData("vgg16", "features", 212, 32)]
    [InlineData("alexnet", "features", 195, 32)]
    [InlineData("vgg16", "avgpool", 212, 32)]
    [InlineData("alexnet", "avgpool", 195, 32)]
    [InlineData("resnet18", "avgpool", 224, 224)]
    public void Analyze_PublishedNetwork_HasItsPublishedReceptiveField(string name, string key, long size, long stride)
    {
        var node = PredefinedArchitectures
            .Find(name)!
            .Analyze(new ArchitectureLimits())
            .AllLayers.First(layer => layer.Key == key);

        Assert.Equal([size, size], node.Field!.Size);
        Assert.Equal([stride, stride], node.Field.Stride);
    }

    // The regions as PyTorch cuts them, one by one.
    [Fact]
    public void Adaptive_AnySizes_IsTheWidestRegion()
    {
        for (var side = 1; side < 30; side++)
        {
            for (var regions = 1; regions < 30; regions++)
            {
                var widest = Enumerable
                    .Range(0, regions)
                    .Max(i => (((i + 1) * side) + regions - 1) / regions - (i * side / regions));

                Assert.Equal(widest, Window.Adaptive(side, regions).Extent);
            }
        }
    }

    [Fact]
    public void Analyze_LinearOnAPicture_SeesARow()
    {
        var analysis = Networks.Analyze(
            Networks.Of(Conv, Linear, """{ "type": "layer_norm", "normalized_shape": [14, 4] }""")
        );

        Assert.Equal([3, 16], analysis.Layers[1].Field!.Size);
        Assert.Equal([16, 16], analysis.Layers[2].Field!.Size);
    }

    [Fact]
    public void Analyze_LayersAfterAFilter_SeeItsNeighbours()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """{ "type": "filter2d", "preset": "line_vertical" }""",
                Relu,
                """{ "type": "max_pool2d", "kernel_size": 2 }"""
            )
        );

        Assert.Equal([3L, 3L, 4L], analysis.Layers.Select(layer => layer.Field!.Size[0]));
    }

    [Fact]
    public void Analyze_FieldBeyond64Bits_IsNoError()
    {
        const string Halving =
            """{ "type": "conv2d", "out_channels": 1, "kernel_size": 3, "stride": 2, "padding": 1 }""";

        var analysis = Networks.Analyze(
            Networks.Of(
                $$"""{ "type": "repeat", "times": 70, "layers": [{{Halving}}] }""",
                $$"""{ "type": "concat", "branches": [{{Halving}}, {{Halving}}] }"""
            )
        );

        Assert.Equal([2, 1, 1], analysis.Output.Sizes);
        Assert.Equal([long.MaxValue, long.MaxValue], analysis.Layers[^1].Field!.Size);
    }

    [Fact]
    public void Analyze_Residual_SeesAsFarAsItsWidestBranch()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """
                { "type": "residual", "body": [{ "type": "conv2d", "out_channels": 3, "kernel_size": [3, 5],
                  "padding": [1, 2] }, { "type": "conv2d", "out_channels": 3, "kernel_size": 3,
                  "padding": "same" }] }
                """,
                """{ "type": "max_pool2d", "kernel_size": 2 }""",
                Relu,
                """{ "type": "conv2d", "out_channels": 3, "kernel_size": 3 }""",
                Flatten
            )
        );

        Assert.Equal([5, 7], analysis.Layers[0].Field!.Size);
        Assert.Equal([6, 8], analysis.Layers[2].Field!.Size);
        Assert.Equal([2, 2], analysis.Layers[2].Field!.Stride);
        Assert.Equal([10, 12], analysis.Layers[3].Field!.Size);
        Assert.Equal([16, 16], analysis.Layers[4].Field!.Size);
    }

    [Theory]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 3, "kernel_size": 3, "padding": 1, "padding_mode": "reflect" }""",
        4 * 3 * 18 * 18
    )]
    [InlineData("""{ "type": "conv2d", "out_channels": 3, "kernel_size": 3, "padding": 1 }""", 0)]
    [InlineData("""{ "type": "local_response_norm", "size": 5 }""", 4 * 7 * 16 * 16)]
    [InlineData("""{ "type": "filter2d", "preset": "sobel_x" }""", 4 * 27)]
    public void EstimateBytes_LayerThatPadsOrHoldsAKernel_CountsIt(string layer, long bytes)
    {
        var analysis = Networks.Analyze(Networks.Of(layer));

        Assert.Equal(analysis.WeightBytes(4) + (4 * 2 * 3 * 16 * 16) + bytes, analysis.EstimateBytes(1));
    }

    [Fact]
    public void EstimateBytes_GrowsWithTheBatchAndHoldsTheWeights()
    {
        var analysis = Networks.Analyze(Networks.Of(Conv, Relu, Flatten, Linear));

        // Input 3x16x16, conv and relu 4x14x14, linear 784x4 and 4: the relu, input and output, is the worst moment.
        Assert.Equal(4 * ((4 * 27) + 4 + (784 * 4) + 4), analysis.WeightBytes(4));
        Assert.Equal(analysis.WeightBytes(4) + (4 * 2 * 784), analysis.EstimateBytes(1));
        Assert.Equal(analysis.WeightBytes(4) + (8 * 4 * 2 * 784), analysis.EstimateBytes(8));
        Assert.Equal(analysis.WeightBytes(4) / 2, analysis.WeightBytes(2));
        Assert.Equal(4 * (784 + 784 + 784 + 4), analysis.ActivationBytes());
    }
}
