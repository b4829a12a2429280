using ModelService.Models.Compilation.Passes;
using ModelService.Models.Compilation.TorchScript;
using ModelService.Models.Definitions;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Compilation;

/// <summary>What plans say in TorchScript, where the wrong words would be right but slow.</summary>
public sealed class CodeWriterTests
{
    // Packed for another size, oneDNN packs the weights anew in every batch.
    [Fact]
    public void Write_Convolution_IsPackedForOneInputAndForSeveralOfItsSize()
    {
        var code = Code("""{ "type": "conv2d", "out_channels": 64, "kernel_size": 3, "padding": 1 }""", """{ "type": "conv2d", "out_channels": 64, "kernel_size": 3, "padding": 1 }""");

        Assert.Contains("self.w1, [1, 1], [1, 1], [1, 1], 1, [1, 3, 16, 16])", code, StringComparison.Ordinal);
        Assert.Contains("self.w1, [1, 1], [1, 1], [1, 1], 1, [8, 3, 16, 16])", code, StringComparison.Ordinal);
        Assert.Contains("[1, 64, 16, 16])", code, StringComparison.Ordinal);
        Assert.Contains("[8, 64, 16, 16])", code, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Convolution_KeepsTheSecondPackingOnlyWhereItDiffers()
    {
        var lines = Code("""{ "type": "conv2d", "out_channels": 64, "kernel_size": 3 }""").Split('\n').Select(line => line.Trim()).ToList();

        var at = lines.IndexOf("if ops.mkldnn._nbytes(self.w2) == ops.mkldnn._nbytes(self.w1):");
        Assert.Equal("self.w2 = self.w1", lines[at + 1]);
        Assert.Contains("t0 = self.w1 if torch.size(x0, 0) == 1 else self.w2", lines);
    }

    // A convolution, and a 1x1 convolution as a matrix product.
    [Theory]
    [InlineData(3, "relu", "torch._add_relu_(ops.mkldnn._convolution_pointwise(")]
    [InlineData(1, "relu", "torch._add_relu_(ops.mkldnn._linear_pointwise(")]
    [InlineData(3, "gelu", "torch.add_(ops.mkldnn._convolution_pointwise(")]
    public void Write_SumInFloat32_IsOnePassWithItsRelu(int kernel, string activation, string expected) =>
        Assert.Contains(expected, Code(Precision.Float32, Sums(kernel, activation)), StringComparison.Ordinal);

    [Theory]
    [InlineData(3, "\"add\", None, \"relu\"")]
    [InlineData(1, "\"add\")")]
    public void Write_SumInBFloat16_IsAddedByOneDnn(int kernel, string expected)
    {
        var code = Code(Precision.BFloat16, Sums(kernel, "relu"));

        Assert.Contains(expected, code, StringComparison.Ordinal);
        Assert.DoesNotContain("_add_relu_", code, StringComparison.Ordinal);
    }

    private static string[] Sums(int kernel, string activation)
    {
        var conv = $$"""{ "type": "conv2d", "out_channels": 64, "kernel_size": {{kernel}}, "padding": "same" }""";
        return [conv, $$"""{ "type": "residual", "body": [{{conv}}], "shortcut": {{conv}}, "activation": "{{activation}}" }"""];
    }

    private static string Code(params string[] layers) => Code(Precision.Float32, layers);

    private static string Code(Precision precision, params string[] layers) =>
        CodeWriter.Write(PlanPasses.Compile(Networks.Analyze(Networks.Of(layers)), precision, forCpu: true, ownCode: false), precision).Code;
}
