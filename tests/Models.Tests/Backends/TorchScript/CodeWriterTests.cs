using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends.TorchScript;

/// <summary>What plans say in TorchScript, where the wrong words would be right but slow.</summary>
public sealed class CodeWriterTests
{
    // Packed for another size, oneDNN packs the weights anew in every batch.
    [Fact]
    public void Write_Convolution_IsPackedForOneInputAndForSeveralOfItsSize()
    {
        var code = Code(
            """{ "type": "conv2d", "out_channels": 64, "kernel_size": 3, "padding": 1 }""",
            """{ "type": "conv2d", "out_channels": 64, "kernel_size": 3, "padding": 1 }"""
        );

        Assert.Contains("self.w1, [1, 1], [1, 1], [1, 1], 1, [1, 3, 16, 16])", code, StringComparison.Ordinal);
        Assert.Contains("self.w1, [1, 1], [1, 1], [1, 1], 1, [8, 3, 16, 16])", code, StringComparison.Ordinal);
        Assert.Contains("[1, 64, 16, 16])", code, StringComparison.Ordinal);
        Assert.Contains("[8, 64, 16, 16])", code, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Convolution_KeepsTheSecondPackingOnlyWhereItDiffers()
    {
        var lines = Code("""{ "type": "conv2d", "out_channels": 64, "kernel_size": 3 }""")
            .Split('\n')
            .Select(line => line.Trim())
            .ToList();

        var at = lines.IndexOf("if ops.mkldnn._nbytes(self.w2) == ops.mkldnn._nbytes(self.w1):");
        Assert.Equal("self.w2 = self.w1", lines[at + 1]);
        Assert.Contains("t0 = self.w1 if torch.size(x0, 0) == 1 else self.w2", lines);
    }

    // A convolution adds to an addend that nothing else reads. Otherwise sum and relu are one pass, as they are behind
    // a 1x1 convolution that is computed as a matrix product.
    [Theory]
    [InlineData(64, 3, "relu", true, "\"add\", None, \"relu\", [], None)", "_convolution_pointwise_(x")]
    [InlineData(
        64,
        3,
        "gelu",
        true,
        "torch.gelu_(ops.mkldnn._convolution_pointwise_(x",
        "\"add\", None, None, [], None)"
    )]
    [InlineData(64, 3, "relu", false, "torch._add_relu_(ops.mkldnn._convolution_pointwise(")]
    [InlineData(64, 3, "gelu", false, "torch.add_(ops.mkldnn._convolution_pointwise(")]
    [InlineData(24, 1, "relu", true, "torch._add_relu_(ops.mkldnn._linear_pointwise(")]
    public void Write_SumInFloat32_IsOnePassAtMost(
        int channels,
        int kernel,
        string activation,
        bool isAddendFree,
        params string[] expected
    )
    {
        var code = Code(Precision.Float32, Sums(channels, kernel, activation, isAddendFree));

        Assert.All(expected, part => Assert.Contains(part, code, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3, false, "_convolution_pointwise(x", "\"add\", None, \"relu\"")]
    [InlineData(3, true, "_convolution_pointwise_(x", "\"add\", None, \"relu\"")]
    [InlineData(1, false, "\"add\")")]
    public void Write_SumInBFloat16_IsAddedByOneDnn(int kernel, bool isAddendFree, params string[] expected)
    {
        var code = Code(Precision.BFloat16, Sums(64, kernel, "relu", isAddendFree));

        Assert.All(expected, part => Assert.Contains(part, code, StringComparison.Ordinal));
        Assert.DoesNotContain("_add_relu_", code, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "torch.cudnn_convolution_relu(x",
        """{ "type": "conv2d", "out_channels": 8, "kernel_size": 3 }""",
        "relu"
    )]
    [InlineData("torch.conv2d(x", """{ "type": "conv2d", "out_channels": 8, "kernel_size": 3 }""", "relu6")]
    [InlineData(
        "torch._conv_depthwise2d(x",
        """{ "type": "conv2d", "out_channels": 3, "kernel_size": 3, "groups": 3 }""",
        "relu"
    )]
    public void Write_ConvolutionForAGpu_UsesItsFastestKernel(string expected, string layer, string activation)
    {
        var code = ForGpu(Precision.Float16, layer, $$"""{ "type": "{{activation}}" }""").Code;

        Assert.Contains(expected, code, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_SumForAGpu_IsAddedByCudnn()
    {
        var code = ForGpu(Precision.Float32, Sums(64, 3, "relu", isAddendFree: false)).Code;

        Assert.Contains("torch.cudnn_convolution_add_relu(x", code, StringComparison.Ordinal);
        Assert.DoesNotContain("torch.add_", code, StringComparison.Ordinal);
    }

    // Without a GPU, libtorch still knows the names and arguments of its functions. One that it doesn't know ends the
    // process.
    [Theory]
    [InlineData("resnet18")]
    [InlineData("mobilenet_v2")]
    [InlineData("efficientnet_b0")]
    [InlineData("convnext_tiny")]
    [InlineData("googlenet")]
    [InlineData("swin_t")]
    public void Write_NetworkForAGpu_LibtorchUnderstandsIt(string network)
    {
        var graph = PredefinedArchitectures.Find(network)!.Analyze(new ArchitectureLimits()).ToPlan();
        foreach (var precision in new[] { Precision.Float32, Precision.Float16 })
        {
            var plan = PlanPasses.Compile(graph, new PlanTarget(precision, ForCpu: false));

            using var program = jit.load<Tensor, Tensor>(PlanArchive.Write(CodeWriter.Write(plan, precision)), CPU);
        }
    }

    private static PlanProgram ForGpu(Precision precision, params string[] layers) =>
        CodeWriter.Write(
            PlanPasses.Compile(
                Networks.Analyze(Networks.Of(layers)).ToPlan(),
                new PlanTarget(precision, ForCpu: false)
            ),
            precision
        );

    private static string[] Sums(int channels, int kernel, string activation, bool isAddendFree)
    {
        var conv =
            $$"""{ "type": "conv2d", "out_channels": {{channels}}, "kernel_size": {{kernel}}, "padding": "same" }""";
        var pool = """{ "type": "max_pool2d", "kernel_size": 3, "stride": 1, "padding": 1 }""";
        return
        [
            conv,
            $$"""
                { "type": "residual", "body": [{{(isAddendFree ? conv : pool)}}, {{conv}}],
                  "activation": "{{activation}}" }
                """,
        ];
    }

    private static string Code(params string[] layers) => Code(Precision.Float32, layers);

    private static string Code(Precision precision, params string[] layers) =>
        CodeWriter
            .Write(
                PlanPasses.Compile(
                    Networks.Analyze(Networks.Of(layers)).ToPlan(),
                    new PlanTarget(precision, ForCpu: true)
                ),
                precision
            )
            .Code;
}
