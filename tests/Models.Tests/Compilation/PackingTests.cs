using ModelService.Models.Compilation.Passes;
using ModelService.Models.Compilation.TorchScript;
using ModelService.Models.Definitions;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Compilation;

/// <summary>Weights are packed for what comes in: packed for another size, oneDNN packs them anew in every batch.</summary>
public sealed class PackingTests
{
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

    private static string Code(params string[] layers) =>
        CodeWriter.Write(PlanPasses.Compile(Networks.Analyze(Networks.Of(layers)), Precision.Float32, forCpu: true), Precision.Float32).Code;
}
