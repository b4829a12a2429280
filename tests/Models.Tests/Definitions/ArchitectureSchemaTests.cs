using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Definitions;
using ModelService.Models.Layers;
using ModelService.Models.Predefined;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Definitions;

/// <summary>Schema, reader and catalogue say the same.</summary>
public sealed class ArchitectureSchemaTests(ITestOutputHelper output)
{
    [Fact]
    public void Schema_HasEveryLayerOfTheCatalogue_WithTheSameParameters()
    {
        var definitions = ArchitectureSchema.Document.GetProperty("$defs");

        Assert.Equal(LayerDescription.All.Select(layer => layer.Type).Order(), definitions.EnumerateObject().Select(item => item.Name).Except(["layer", "input"]).Order());
        Assert.All(LayerDescription.All, layer =>
        {
            var schema = definitions.GetProperty(layer.Type);
            Assert.Equal(layer.Parameters.Select(parameter => parameter.Name).Prepend("type"), schema.GetProperty("properties").EnumerateObject().Select(property => property.Name));
            Assert.Equal(layer.Parameters.Where(parameter => parameter.Required).Select(parameter => parameter.Name).Prepend("type").Order(), schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()!).Order());
            Assert.All(layer.Parameters, parameter => Assert.NotEqual("", parameter.Meaning));
        });
    }

    [Fact]
    public void Schema_PredefinedArchitectures_AreValid() =>
        Assert.All(PredefinedArchitectures.All, architecture => Assert.True(MiniSchema.IsValid(ArchitectureSchema.Document, architecture.Source), architecture.Name));

    [Fact]
    public void Schema_RandomAndBrokenNetworks_AreValidWhenTheReaderReadsThem()
    {
        var seed = Environment.GetEnvironmentVariable("RANDOM_SEED") is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : Random.Shared.Next();
        output.WriteLine($"RANDOM_SEED={seed}");
        var architectures = new RandomArchitectures(seed);
        for (var i = 0; i < 1_000; i++)
        {
            var network = architectures.Next();
            JsonObject[] both = [network, architectures.Mutate(network)];
            foreach (var json in both.Select(item => JsonSerializer.SerializeToElement(item)))
            {
                var errors = new DefinitionErrors();
                new StrictReader(errors).Read<ArchitectureDefinition>(json, "");

                Assert.True(MiniSchema.IsValid(ArchitectureSchema.Document, json) == IsRead(errors, json), $"The reader says {string.Join("; ", errors)}, the schema the contrary: {json}");
            }
        }
    }

    // What depends on more than one property is the analysis's business, but the schema can say of the input that it is one form or the other.
    private static bool IsRead(DefinitionErrors errors, JsonElement json)
    {
        if (errors.Count > 0) return false;
        var input = json.GetProperty("input");
        var sizes = new[] { "channels", "height", "width" }.Count(name => input.TryGetProperty(name, out _));
        return input.TryGetProperty("shape", out _) ? sizes < 3 : sizes == 3;
    }
}
