using System.Text.Json;
using Json.Schema;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Language.Analysis;

/// <summary>Layers may have the names that nn.Module takes.</summary>
public sealed class LayerNameTests
{
    private static readonly JsonSchema Schema = JsonSchema.Build(ArchitectureSchema.Document);

    [Theory]
    [InlineData("block1-0")]
    [InlineData("a b")]
    [InlineData("class")]
    [InlineData("conv/1x1")]
    [InlineData("[0]")]
    [InlineData("\"quoted\" \\ back")]
    [InlineData("\u5c42\u00e9\ud83d\ude00")]
    public void Analyze_NameThatAModuleTakes_IsTheKey(string name)
    {
        var definition = Definition(name);

        var analysis = Networks.Analyze(definition);

        Assert.Equal([$"{name}.weight", $"{name}.bias"], analysis.StateDict.Select(spec => spec.Name));
        Assert.True(Schema.Evaluate(JsonElement.Parse(definition)).IsValid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData(".")]
    [InlineData("line\nbreak")]
    [InlineData("\u007f")]
    public void Analyze_OtherName_IsRefused(string name)
    {
        var definition = Definition(name);

        Assert.Equal("/layers/0/name", Assert.Single(Networks.Errors(definition)).Pointer);
        Assert.False(Schema.Evaluate(JsonElement.Parse(definition)).IsValid);
    }

    [Fact]
    public void Analyze_KeyThatAWeightsFileCantHold_IsRefused()
    {
        var name = JsonSerializer.Serialize(new string('\u5c42', 64));
        var layer = """{ "type": "conv2d", "out_channels": 2, "kernel_size": 1 }""";
        for (var depth = 0; depth < 5; depth++)
            layer = $$"""{ "type": "sequential", "name": {{name}}, "layers": [{{layer}}] }""";

        var error = Networks.Errors(Networks.Of(layer))[0];

        Assert.Equal("/layers/0/layers/0/layers/0/layers/0/layers/0/name", error.Pointer);
        Assert.Contains("at most 960", error.Detail, StringComparison.Ordinal);
    }

    private static string Definition(string name) =>
        Networks.Of(
            $$"""
            { "type": "conv2d", "name": {{JsonSerializer.Serialize(name)}}, "out_channels": 2, "kernel_size": 1 }
            """
        );
}
