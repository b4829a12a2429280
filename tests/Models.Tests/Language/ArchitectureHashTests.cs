using System.Text.Json;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;

namespace ModelService.Models.Tests.Language;

public sealed class ArchitectureHashTests
{
    private const string Conv = """{"type":"conv2d","out_channels":4,"kernel_size":3,"padding":"same"}""";

    [Theory]
    [InlineData("""{"padding":"same","kernel_size":[3,3],"type":"conv2d","out_channels":4}""")]
    [InlineData(
        """
            {"type":"conv2d","out_channels":4,"kernel_size":3,"padding":"same","stride":1,"bias":true,"groups":1,
              "padding_mode":"zeros"}
            """
    )]
    public void Of_SameLayerWrittenOtherwise_IsTheSame(string layer) => Assert.Equal(Hash(Conv), Hash(layer));

    [Theory]
    [InlineData("""{"type":"conv2d","out_channels":4,"kernel_size":[3,1],"padding":"same"}""")]
    [InlineData("""{"type":"conv2d","out_channels":4,"kernel_size":3,"padding":1}""")]
    [InlineData("""{"type":"conv2d","out_channels":4,"kernel_size":3,"padding":"same","bias":false}""")]
    [InlineData("""{"type":"conv2d","out_channels":4,"kernel_size":3,"padding":"same","name":"conv"}""")]
    [InlineData(
        """{"type":"sequential","layers":[{"type":"conv2d","out_channels":4,"kernel_size":3,"padding":"same"}]}"""
    )]
    public void Of_OtherLayer_IsAnother(string layer) => Assert.NotEqual(Hash(Conv), Hash(layer));

    // Answers and files have it: a client may have kept it.
    [Fact]
    public void Of_ResNet18_IsAsItEverWas() =>
        Assert.Equal(
            "c0b5f8aa22d9258a8003b8a75eabdf265ce6f62c3aaa60a9df41804a3211fb20",
            ArchitectureHash.Compute(PredefinedArchitectures.All.Single(item => item.Name == "resnet18").Definition)
        );

    [Fact]
    public void Of_PredefinedNetworks_AreAllDifferent() =>
        Assert.Distinct(PredefinedArchitectures.All.Select(item => ArchitectureHash.Compute(item.Definition)));

    private static string Hash(string layer)
    {
        var json = $$$"""
            {"name":"m","architecture":{"input":{"channels":3,"height":8,"width":8},
              "layers":[{{{layer}}},{"type":"flatten"},{"type":"linear","out_features":2}]}}
            """;
        return ArchitectureHash.Compute(
            ResolvedModel.Read(JsonElement.Parse(json), new ArchitectureLimits()).Architecture
        );
    }
}
