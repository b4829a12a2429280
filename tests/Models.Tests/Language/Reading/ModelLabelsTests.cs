using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Tests.Language.Reading;

/// <summary>What the labels of a model may be.</summary>
public sealed class ModelLabelsTests
{
    private const string Definition = """
        { "name": "pets", "labels": ["cat", "dog"], "architecture": { "input": { "shape": [3] },
          "layers": [{ "type": "linear", "out_features": 2 }] } }
        """;

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void Read_EmptyLabel_IsRefusedAndAStoredOneIsNot(string label)
    {
        var definition = JsonNode.Parse(Definition)!;
        var stored = ResolvedModelJson.Write(ResolvedModel.Read(Element(definition), new ArchitectureLimits()));
        definition["labels"]![1] = label;
        stored["definition"]!["labels"]![1] = label;

        var refusal = Assert.Throws<ServingException>(() =>
            ResolvedModel.Read(Element(definition), new ArchitectureLimits())
        );
        var model = ResolvedModelJson.Read(Element(stored), new ArchitectureLimits());

        Assert.Equal("/labels/1", Assert.Single(refusal.Errors).Pointer);
        Assert.Equal(["cat", label], model.Definition.Labels);
    }

    [Fact]
    public void ImageNet_Labels_AreNotEmpty() => Assert.DoesNotContain(ImageNetClasses.All, string.IsNullOrWhiteSpace);

    private static JsonElement Element(JsonNode json) => JsonSerializer.SerializeToElement(json);
}
