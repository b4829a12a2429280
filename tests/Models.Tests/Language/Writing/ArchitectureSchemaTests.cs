using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Language.Writing;

/// <summary>Schema, reader and catalogue say the same.</summary>
public sealed class ArchitectureSchemaTests
{
    private const string Input = """{ "channels": 3, "height": 8, "width": 8 }""";

    private static readonly BuildOptions Strict = OptionsThatRefuseUnknownKeywords();
    private static readonly JsonSchema Schema = JsonSchema.Build(ArchitectureSchema.Document, Strict);

    [Fact]
    public void Schema_HasEveryLayerOfTheCatalogue_WithTheSameParameters()
    {
        var definitions = ArchitectureSchema.Document.GetProperty("$defs");

        Assert.Equal(
            LayerDescription.All.Select(layer => layer.Type).Order(),
            definitions.EnumerateObject().Select(item => item.Name).Except(["layer", "input"]).Order()
        );
        Assert.All(
            LayerDescription.All,
            layer =>
            {
                var schema = definitions.GetProperty(layer.Type);
                Assert.Equal(
                    layer.Parameters.Select(parameter => parameter.Name).Prepend("type"),
                    schema.GetProperty("properties").EnumerateObject().Select(property => property.Name)
                );
                Assert.Equal(
                    layer
                        .Parameters.Where(parameter => parameter.Required)
                        .Select(parameter => parameter.Name)
                        .Prepend("type")
                        .Order(),
                    schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()!).Order()
                );
                Assert.All(layer.Parameters, parameter => Assert.NotEqual("", parameter.Meaning));
            }
        );
    }

    [Fact]
    public void Schema_PredefinedArchitectures_AreValid() =>
        Assert.All(
            PredefinedArchitectures.All,
            architecture => Assert.True(Schema.Evaluate(architecture.Source).IsValid, architecture.Name)
        );

    [Fact]
    public void Schema_ByTheSchemaOfSchemas_IsValid() =>
        Assert.True(MetaSchemas.Draft202012.Evaluate(ArchitectureSchema.Document).IsValid);

    [Fact]
    public void Build_KeywordThatDoesNotExist_IsRefused() =>
        Assert.Throws<JsonSchemaException>(() =>
            JsonSchema.Build(
                JsonElement.Parse(
                    """{ "$schema": "https://json-schema.org/draft/2020-12/schema", "items": { "minItem": 1 } }"""
                ),
                Strict
            )
        );

    [Fact]
    public void Schema_RandomAndBrokenNetworks_AreValidWhenTheReaderReadsThem()
    {
        var architectures = new RandomArchitectures(TestSeed.Get());
        for (var i = 0; i < 1_000; i++)
        {
            var network = architectures.Next();
            JsonObject[] both = [network, architectures.Mutate(network)];
            foreach (var json in both.Select(item => JsonSerializer.SerializeToElement(item)))
            {
                var errors = Faults(json);

                Assert.True(
                    Schema.Evaluate(json).IsValid == (errors.Count == 0),
                    $"The reader says {string.Join("; ", errors)}, the schema the contrary: {json}"
                );
            }
        }
    }

    [Theory]
    [InlineData("""{ "channels": 3, "height": 8, "width": 8, "shape": null }""", "", true)]
    [InlineData("""{ "channels": null, "shape": [3, 8, 8] }""", "", true)]
    [InlineData("""{ "channels": 3, "height": 8, "width": 8, "shape": [3, 8, 8] }""", "", false)]
    [InlineData("""{ "shape": [3, 8, 8, 8, 8] }""", "", false)]
    [InlineData("""{ "shape": [] }""", "", false)]
    [InlineData(Input, """{ "type": "conv2d", "out_channels": 3.0, "kernel_size": [1e0, 0.1e1] }""", true)]
    [InlineData(Input, """{ "type": "conv2d", "out_channels": 3.5, "kernel_size": 1 }""", false)]
    [InlineData(Input, """{ "type": "residual", "body": [], "activation": { "type": "elu", "alpha": 2 } }""", true)]
    [InlineData(Input, """{ "type": "residual", "body": [], "activation": { "type": "flatten" } }""", false)]
    [InlineData(Input, """{ "type": "concat", "branches": [] }""", false)]
    [InlineData(Input, """{ "type": "repeat", "times": 2, "layers": [] }""", false)]
    [InlineData(Input, null, false)]
    public void Schema_WhatTheReaderIsStrictIn_SaysTheSame(string input, string? layer, bool valid)
    {
        var layers = layer switch
        {
            null => "",
            "" => """{ "type": "relu" }""",
            _ => layer,
        };
        var json = JsonElement.Parse(
            $$"""{ "$schema": "http://localhost/schema.json", "input": {{input}}, "layers": [{{layers}}] }"""
        );

        Assert.Equal(valid, Schema.Evaluate(json).IsValid);
        Assert.Equal(valid, Faults(json).Count == 0);
    }

    [Fact]
    public void Schema_DefaultOfAParameter_IsValidAndOnlyWhereItMayBeLeftOut() =>
        Assert.All(
            LayerDescription.All,
            layer =>
            {
                var schema = ArchitectureSchema.Document.GetProperty("$defs").GetProperty(layer.Type);
                var required = schema
                    .GetProperty("required")
                    .EnumerateArray()
                    .Select(name => name.GetString())
                    .ToList();
                foreach (
                    var property in schema
                        .GetProperty("properties")
                        .EnumerateObject()
                        .Where(property => property.Value.TryGetProperty("default", out _))
                )
                {
                    Assert.DoesNotContain(property.Name, required);
                    Assert.True(
                        JsonSchema
                            .Build(property.Value, Strict)
                            .Evaluate(property.Value.GetProperty("default"))
                            .IsValid,
                        $"{layer.Type}: {property}"
                    );
                }
            }
        );

    // A layer without a type is all of them to an 'if' that doesn't ask for one: a hundred complaints.
    [Fact]
    public void Schema_LayerWithoutAType_IsNoneOfTheKinds() =>
        Assert.All(
            ArchitectureSchema.Document.GetProperty("$defs").GetProperty("layer").GetProperty("allOf").EnumerateArray(),
            kind =>
                Assert.False(JsonSchema.Build(kind.GetProperty("if"), Strict).Evaluate(JsonElement.Parse("{}")).IsValid)
        );

    // A keyword with a slip in it would otherwise hold for everything.
    private static BuildOptions OptionsThatRefuseUnknownKeywords()
    {
        var dialect = Dialect.Draft202012.With([], MetaSchemas.Draft202012Id, allowUnknownKeywords: false);
        var dialects = new DialectRegistry();
        dialects.Register(dialect);
        return new BuildOptions { Dialect = dialect, DialectRegistry = dialects };
    }

    // Rules about more than one property are the analysis's, but the schema knows the two forms of an input, and which
    // layers are activations.
    private static List<ErrorDetail> Faults(JsonElement json)
    {
        var (errors, more) = (new DefinitionErrors(), new DefinitionErrors());
        var architecture = new StrictReader(errors).Read<ArchitectureDefinition>(json, "");
        if (errors.Count > 0)
            return [.. errors];
        ArchitectureAnalyzer.Analyze(
            architecture!,
            new ArchitectureLimits { MaxActivationBytes = long.MaxValue, MaxNesting = int.MaxValue },
            more
        );
        return
        [
            .. more.Where(error =>
                error.Pointer == "/input" || error.Pointer.EndsWith("/activation", StringComparison.Ordinal)
            ),
        ];
    }
}
