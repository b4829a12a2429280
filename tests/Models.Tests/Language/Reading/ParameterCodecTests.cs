using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using ModelService.Imaging.Augmentation;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Graph;
using ModelService.Models.Language;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Parameters;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Tests.Language.Reading;

/// <summary>For each type of value, reader, writer, schema and description agree.</summary>
public sealed class ParameterCodecTests
{
    private static readonly IReadOnlyDictionary<string, RecordMember> Members = RecordMembers
        .From(typeof(Values))
        .ByName;

    /// <summary>
    /// A property of <see cref="Values"/>, a value that is read, and the value as it is written when that differs.
    /// </summary>
    public static TheoryData<string, string, string?> Right { get; } =
        new()
        {
            { "text", "\"abc\"", null },
            { "flag", "true", null },
            { "int", "1", null },
            { "int", "0.9e1", "9" },
            { "long", "-9223372036854775808", null },
            { "long", "1e3", "1000" },
            { "number", "0", null },
            { "number", "1", null },
            { "number", "1e-5", "1E-05" },
            { "name", "\"replicate\"", null },
            { "sizes", "3", null },
            { "sizes", "[3]", "3" },
            { "sizes", "[3, 3.0]", "[3, 3]" },
            { "padding", "[0, 1]", null },
            { "padding", "\"same\"", null },
            { "padding", "\"valid\"", "0" },
            { "layer", """{ "type": "elu", "alpha": 2.5, "name": null }""", """{ "type": "elu", "alpha": 2.5 }""" },
            { "layer", """{ "type": "elu", "alpha": 1 }""", """{ "type": "elu" }""" },
            { "activation", "\"relu\"", """{ "type": "relu" }""" },
            { "activation", """{ "type": "gelu", "approximate": "tanh" }""", null },
            { "layers", """[{ "type": "relu" }, { "type": "sequential", "layers": [] }]""", null },
            { "input", """{ "shape": [3, 8] }""", null },
            { "record", """{ "height": 8, "width": 9, "shorter_side": null }""", """{ "height": 8, "width": 9 }""" },
            { "preprocessing", "\"raw\"", null },
            { "preprocessing", """{ "scale": 2, "channels": "grayscale", "mean": [0.5] }""", null },
            { "augment", "\"light\"", null },
            { "augment", "{}", "\"none\"" },
            { "augment", """{ "vertical_flip": 0, "color_jitter": {} }""", """{ "color_jitter": {} }""" },
            { "bytes", "\"AAEC\"", null },
            { "bytes", "\"AA==\"", null },
            { "tensor", """{ "shape": [1, 2], "data": [[1, 0.5]] }""", """{ "shape": [1, 2], "data": [1, 0.5] }""" },
            { "class", "7", null },
            { "class", "\"cat\"", null },
            { "version", "2", null },
            { "version", "\"newest\"", null },
            { "routes", """{ "3": 90, "4": 10 }""", null },
            { "routes", """{ "7": 1e2 }""", """{ "7": 100 }""" },
            { "integers", "[1, 2]", null },
            { "numbers", "[0.5]", null },
            { "texts", "[]", null },
            { "records", """[{ "shorter_side": 8 }]""", null },
        };

    /// <summary>A property of <see cref="Values"/>, and a value that is refused.</summary>
    public static TheoryData<string, string> Wrong { get; } =
        new()
        {
            { "text", "7" },
            { "text", "\"ABC\"" },
            { "flag", "0" },
            { "flag", "\"true\"" },
            { "int", "0" },
            { "int", "10" },
            { "int", "1.5" },
            { "int", "\"1\"" },
            { "long", "0.5" },
            { "long", "1e300" },
            { "number", "1.01" },
            { "number", "\"0\"" },
            { "name", "\"Zeros\"" },
            { "name", "0" },
            { "sizes", "0" },
            { "sizes", "[]" },
            { "sizes", "[3, 0]" },
            { "sizes", "\"same\"" },
            { "padding", "-1" },
            { "padding", "\"full\"" },
            { "layer", "\"relu\"" },
            { "layer", """{ "alpha": 2 }""" },
            { "layer", """{ "type": "elu", "beta": 2 }""" },
            { "activation", "\"conv2d\"" },
            { "activation", "[]" },
            { "layers", """{ "type": "relu" }""" },
            { "layers", "[null]" },
            { "input", """{ "shape": [1, 2, 3, 4, 5] }""" },
            { "record", "[]" },
            { "record", """{ "depth": 1 }""" },
            { "preprocessing", "\"Raw\"" },
            { "preprocessing", """{ "mean": [] }""" },
            { "augment", """{ "color_jitter": { "colour": 1 } }""" },
            { "augment", """{ "random_resized_crop": { "scale": [0.5] } }""" },
            { "bytes", "\"\"" },
            { "bytes", "\"A\"" },
            { "bytes", "\"data:AAEC\"" },
            { "tensor", """{ "shape": [1] }""" },
            { "tensor", """{ "shape": [0], "data": [] }""" },
            { "tensor", """{ "shape": [1, 1, 1, 1, 1, 1, 1, 1, 1], "data": [1] }""" },
            { "class", "-1" },
            { "class", "0.5" },
            { "class", "true" },
            { "version", "\"latest\"" },
            { "version", "1.5" },
            { "routes", "[90, 10]" },
            { "routes", "{}" },
            { "routes", """{ "03": 100 }""" },
            { "routes", """{ "0": 100 }""" },
            { "routes", """{ "newest": 100 }""" },
            { "routes", """{ "3": 99.5, "4": 1 }""" },
            { "routes", """{ "1": 50, "2": 10, "3": 10, "4": 10, "5": 10, "6": 10 }""" },
            { "integers", "[]" },
            { "integers", "[1, 2, 3, 4]" },
            { "integers", "[1, 10]" },
            { "numbers", "[1e39]" },
            { "texts", "[null]" },
            { "records", "[[]]" },
        };

    [Theory]
    [MemberData(nameof(Right))]
    public void Write_ValueThatWasRead_ReadsBackAndTheSchemaTakesBoth(string name, string json, string? written)
    {
        var member = Members[name];
        var value = Read(member, json)!;

        var node = member.Codec.Write(value);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(written ?? json), node), node.ToJsonString());
        Assert.Equal(node.ToJsonString(), member.Codec.Write(Read(member, node.ToJsonString())!).ToJsonString());
        Assert.True(SchemaTakes(member, json), "The schema refuses what is read.");
        Assert.True(SchemaTakes(member, node.ToJsonString()), "The schema refuses what is written.");
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Read_WrongValue_IsOneErrorAndTheSchemaRefusesIt(string name, string json)
    {
        var errors = new DefinitionErrors();

        Members[name].Codec.Read(new StrictReader(errors), Members[name], JsonElement.Parse(json), "/x~1y");

        Assert.StartsWith("/x~1y", Assert.Single(errors).Pointer, StringComparison.Ordinal);
        Assert.False(SchemaTakes(Members[name], json));
    }

    [Fact]
    public void Table_EveryType_IsTriedHere()
    {
        var types = typeof(Values).GetProperties().Select(property => property.PropertyType);

        Assert.Empty(ParameterCodecs.Table.Keys.Except(types.Select(type => Nullable.GetUnderlyingType(type) ?? type)));
        Assert.Equal(Members.Keys.Order(), Right.Select(row => row.Data.Item1).Distinct().Order());
        Assert.Equal(Members.Keys.Order(), Wrong.Select(row => row.Data.Item1).Distinct().Order());
    }

    [Theory]
    [InlineData("text", "string")]
    [InlineData("flag", "boolean")]
    [InlineData("int", "integer")]
    [InlineData("long", "integer")]
    [InlineData("number", "number")]
    [InlineData("name", "string")]
    [InlineData("sizes", "integer or list of integers")]
    [InlineData("padding", "integer, list of integers, \"same\" or \"valid\"")]
    [InlineData("layer", "layer")]
    [InlineData("activation", "layer")]
    [InlineData("layers", "list of layers")]
    [InlineData("input", "object")]
    [InlineData("augment", "\"none\", \"light\", \"strong\", \"characters\" or an object")]
    [InlineData("preprocessing", "\"imagenet\", \"unit\", \"raw\", \"imagenet_mean\" or an object")]
    [InlineData("version", "integer or \"newest\"")]
    [InlineData("integers", "list of integers")]
    public void Description_OfEachType_IsInPlainWords(string name, string description) =>
        Assert.Equal(description, LayerParameter.From(Members[name]).Type);

    [Fact]
    public void Values_OfAnEnum_AreItsNamesAndOfOthersNone()
    {
        Assert.Equal(["zeros", "reflect", "replicate", "circular"], LayerParameter.From(Members["name"]).Values);
        Assert.All(
            Members.Values.Where(member => member.Name != "name"),
            member => Assert.Null(LayerParameter.From(member).Values)
        );
    }

    [Theory]
    [InlineData("sizes", "[3, 3]", "3")]
    [InlineData("sizes", "[3, 5]", "[3,5]")]
    [InlineData("padding", "[1, 1]", "1")]
    [InlineData("padding", "\"valid\"", "0")]
    [InlineData("integers", "[3, 3]", "[3,3]")]
    [InlineData("activation", "\"relu\"", """{"type":"relu"}""")]
    [InlineData(
        "layer",
        """{ "type": "conv2d", "stride": [2, 2], "kernel_size": [1, 1], "out_channels": 4 }""",
        """{"type":"conv2d","kernel_size":1,"out_channels":4,"stride":2}"""
    )]
    [InlineData(
        "layers",
        """[{ "type": "filter2d", "preset": "line_horizontal", "name": "edges" }]""",
        """[{"type":"filter2d","name":"edges"}]"""
    )]
    public void Write_Canonical_IsOneTextForWhatMeansTheSame(string name, string json, string canonical) =>
        Assert.Equal(canonical, Members[name].Codec.Write(Read(Members[name], json)!, canonical: true).ToJsonString());

    [Theory]
    [InlineData("flag", "true", "True")]
    [InlineData("int", "3.0", "3")]
    [InlineData("number", "1", "1.0")]
    [InlineData("number", "1e-5", "1E-05")]
    [InlineData("name", "\"circular\"", "\"circular\"")]
    [InlineData("text", "\"abc\"", "\"abc\"")]
    [InlineData("sizes", "3", "3")]
    [InlineData("sizes", "[3, 5]", "(3, 5)")]
    [InlineData("padding", "\"same\"", "\"same\"")]
    [InlineData("padding", "[0, 1]", "(0, 1)")]
    [InlineData("numbers", "[1, -0.5]", "[1.0, -0.5]")]
    public void Python_OfAnArgument_IsPythonsOwn(string name, string json, string python) =>
        Assert.Equal(python, Members[name].Codec.Python(Read(Members[name], json)!));

    private static object? Read(RecordMember member, string json)
    {
        var errors = new DefinitionErrors();
        var value = member.Codec.Read(new StrictReader(errors), member, JsonElement.Parse(json), "");
        Assert.Empty(errors);
        return value;
    }

    private static bool SchemaTakes(RecordMember member, string json)
    {
        var schema = member.Codec.Schema(member);
        schema["$defs"] = JsonNode.Parse(ArchitectureSchema.Document.GetProperty("$defs").GetRawText());
        return JsonSchema.Build(JsonSerializer.SerializeToElement(schema)).Evaluate(JsonElement.Parse(json)).IsValid;
    }

    /// <summary>A property of each type in the table, and of the kinds that need no line in it.</summary>
    private sealed record Values
    {
        [RegularExpression("[a-z]+")]
        public string? Text { get; init; }

        public bool? Flag { get; init; }

        [Range(1, 9)]
        public int? Int { get; init; }

        public long? Long { get; init; }

        [Range(0.0, 1.0)]
        public double? Number { get; init; }

        public PaddingMode? Name { get; init; }

        [Range(1, int.MaxValue)]
        public Sizes? Sizes { get; init; }

        [Range(0, int.MaxValue)]
        public Padding? Padding { get; init; }

        public LayerDefinition? Layer { get; init; }

        [TakesTypeName]
        public LayerDefinition? Activation { get; init; }

        public IReadOnlyList<LayerDefinition>? Layers { get; init; }

        public InputDefinition? Input { get; init; }

        public ResizeDefinition? Record { get; init; }

        public PreprocessingChoice? Preprocessing { get; init; }

        public AugmentationDefinition? Augment { get; init; }

        public byte[]? Bytes { get; init; }

        public RawTensor? Tensor { get; init; }

        public ClassReference? Class { get; init; }

        public VersionChoice? Version { get; init; }

        [Range(0, 100)]
        public RouteShares? Routes { get; init; }

        [MinLength(1), MaxLength(3), Range(1, 9)]
        public IReadOnlyList<int>? Integers { get; init; }

        public IReadOnlyList<double>? Numbers { get; init; }

        public IReadOnlyList<string>? Texts { get; init; }

        public IReadOnlyList<ResizeDefinition>? Records { get; init; }
    }
}
