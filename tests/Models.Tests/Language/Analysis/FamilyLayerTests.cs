using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Language.Analysis;

/// <summary>The layers and blocks of gated networks and of transformers: errors, order of keys, costs.</summary>
public sealed class FamilyLayerTests
{
    private const string ChannelsLast = """{ "type": "permute", "dims": [0, 2, 3, 1] }""";
    private const string Tokens = """{ "type": "flatten", "start_dim": 2 }, { "type": "permute", "dims": [0, 2, 1] }""";

    [Theory]
    [InlineData("", """{ "type": "gate", "body": [] }""", "/body", "has 0 elements; 1 or more are needed")]
    [InlineData("", """{ "type": "gate", "body": [{ "type": "flatten" }] }""", "/body", "[768]")]
    [InlineData(
        "",
        """{ "type": "gate", "body": [{ "type": "conv2d", "out_channels": 2, "kernel_size": 1 }] }""",
        "/body",
        "[2, 16, 16]"
    )]
    [InlineData(
        "",
        """{ "type": "concat", "split": true, "branches": [{ "type": "relu" }, { "type": "relu" }] }""",
        "/split",
        "3 channels"
    )]
    [InlineData("", """{ "type": "channel_shuffle", "groups": 2 }""", "/groups", "3 channels")]
    [InlineData("", """{ "type": "permute", "dims": [1, 0, 2, 3] }""", "/dims", "batch")]
    [InlineData("", """{ "type": "permute", "dims": [0, 1, 1, 3] }""", "/dims", "from 0 to 3")]
    [InlineData("", """{ "type": "permute", "dims": [0, 2, 1] }""", "/dims", "has 4 dimensions")]
    [InlineData("", """{ "type": "layer_norm2d", "num_channels": 4 }""", "/num_channels", "has 3")]
    [InlineData("", """{ "type": "layer_scale", "dim": 4 }""", "/dim", "1 to 3")]
    [InlineData("", """{ "type": "layer_scale", "dim": 0 }""", "/dim", "batch")]
    [InlineData("", """{ "type": "class_token" }""", "/type", "flatten with start_dim 2")]
    [InlineData("", """{ "type": "position_embedding" }""", "/type", "tokens [length, channels]")]
    [InlineData("", """{ "type": "select", "dim": 0 }""", "/dim", "batch")]
    [InlineData("", """{ "type": "select", "index": 3 }""", "/index", "0 to 2")]
    [InlineData("", """{ "type": "multi_head_attention", "num_heads": 1 }""", "/type", "tokens [length, channels]")]
    [InlineData(Tokens, """{ "type": "multi_head_attention", "num_heads": 2 }""", "/num_heads", "3 channels")]
    [InlineData(
        Tokens,
        """{ "type": "multi_head_attention", "num_heads": 3, "embed_dim": 6 }""",
        "/embed_dim",
        "has 3"
    )]
    [InlineData(
        "",
        """{ "type": "window_attention", "num_heads": 3, "window_size": 4 }""",
        "/num_heads",
        "16 channels"
    )]
    [InlineData(
        ChannelsLast,
        """{ "type": "window_attention", "num_heads": 3, "window_size": [4, 4, 4] }""",
        "/window_size",
        "3 numbers"
    )]
    [InlineData(
        ChannelsLast,
        """{ "type": "window_attention", "num_heads": 3, "window_size": 4, "shift_size": 4 }""",
        "/shift_size",
        "less than the window"
    )]
    [InlineData(
        ChannelsLast,
        """{ "type": "window_attention", "num_heads": 3, "window_size": 1, "version": 2 }""",
        "/window_size",
        "at least 2"
    )]
    [InlineData(
        ChannelsLast,
        """{ "type": "window_attention", "num_heads": 3, "window_size": 4, "version": 3 }""",
        "/version",
        "to 2"
    )]
    [InlineData(
        ChannelsLast,
        """{ "type": "partition_attention", "num_heads": 3, "partition_size": 5 }""",
        "/partition_size",
        "does not divide"
    )]
    [InlineData(Tokens, """{ "type": "patch_merging" }""", "/type", "[height, width, channels]")]
    [InlineData("", """{ "type": "training_only", "layers": [] }""", "/layers", "has 0 elements; 1 or more are needed")]
    [InlineData("", """{ "type": "hardtanh", "min_val": 2, "max_val": 1 }""", "/max_val", "not above")]
    [InlineData("", """{ "type": "celu", "alpha": 0 }""", "/alpha", "not be 0")]
    [InlineData("", """{ "type": "softplus", "beta": 0 }""", "/beta", "not be 0")]
    [InlineData("", """{ "type": "prelu", "num_parameters": 2 }""", "/num_parameters", "its channels, 3")]
    [InlineData("", """{ "type": "reflection_pad2d", "padding": 16 }""", "/padding", "one less than the side")]
    [InlineData("", """{ "type": "zero_pad2d", "padding": [1, 2] }""", "/padding", "2 numbers")]
    [InlineData("", """{ "type": "zero_pad2d", "padding": -1 }""", "/padding", "from 0")]
    [InlineData("", """{ "type": "pixel_shuffle", "upscale_factor": 2 }""", "/upscale_factor", "does not divide")]
    [InlineData("", """{ "type": "log_softmax", "dim": 0 }""", "/dim", "batch")]
    [InlineData("", """{ "type": "unflatten", "dim": 0, "unflattened_size": [1, 3] }""", "/dim", "batch")]
    [InlineData("", """{ "type": "unflatten", "dim": 4, "unflattened_size": [1, 3] }""", "/dim", "1 to 3")]
    [InlineData("", """{ "type": "unflatten", "dim": 1, "unflattened_size": 3 }""", "/unflattened_size", "2 or more")]
    [InlineData(
        "",
        """{ "type": "unflatten", "dim": 1, "unflattened_size": [2, 2] }""",
        "/unflattened_size",
        "has 3 numbers"
    )]
    [InlineData(
        "",
        """{ "type": "unflatten", "dim": 1, "unflattened_size": [2147483647, 2147483647, 2147483647] }""",
        "",
        "too large"
    )]
    [InlineData(
        "",
        """{ "type": "unflatten", "dim": 1, "unflattened_size": [3, -1] }""",
        "/unflattened_size/1",
        "from 1"
    )]
    [InlineData("", """{ "type": "upsample" }""", "", "Either")]
    [InlineData("", """{ "type": "upsample", "size": 4, "scale_factor": 2 }""", "/scale_factor", "leave out one")]
    [InlineData("", """{ "type": "upsample", "size": [4, 4, 4] }""", "/size", "3 numbers")]
    [InlineData("", """{ "type": "upsample", "scale_factor": 0.01 }""", "/scale_factor", "leaves nothing")]
    [InlineData("", """{ "type": "upsample", "scale_factor": 0 }""", "/scale_factor", "from 0.001")]
    [InlineData("", """{ "type": "upsample", "size": 4, "mode": "nearst" }""", "/mode", "nearest")]
    [InlineData("", """{ "type": "upsample", "size": 4, "mode": "linear" }""", "/type", "")]
    [InlineData("", """{ "type": "upsample", "size": 4, "align_corners": true }""", "/align_corners", "nearest")]
    [InlineData("", """{ "type": "upsample", "scale_factor": 1024 }""", "", "")]
    [InlineData(
        "",
        """{ "type": "residual", "stochastic_depth_last": 0.2, "body": [{ "type": "relu" }] }""",
        "/stochastic_depth_last",
        "no repeat"
    )]
    [InlineData(
        "",
        """{ "type": "residual", "stochastic_depth": 1.5, "body": [{ "type": "relu" }] }""",
        "/stochastic_depth",
        "to 1"
    )]
    [InlineData(
        "",
        """{ "type": "sequential", "key_order": ["b"], "layers": [{ "type": "relu", "name": "a" }] }""",
        "/key_order",
        "its layers are a"
    )]
    public void Analyze_OneMistake_IsOneErrorAtItsPlace(string before, string layer, string pointer, string part)
    {
        var first = before.Length == 0 ? 0 : before.Split("\"type\"").Length - 1;

        var error = Assert.Single(Networks.Errors(Networks.Of(before.Length == 0 ? [layer] : [before, layer])));

        Assert.Equal($"/layers/{first}{pointer}", error.Pointer);
        Assert.Contains(part, error.Detail, StringComparison.Ordinal);
    }

    // 3 heads of 16,384 x 16,384 numbers are 3.2 GB; tokens themselves are small.
    [Fact]
    public void Analyze_AttentionOverManyTokens_IsRefusedForItsMatrix()
    {
        const string Network = """
            { "input": { "shape": [16384, 3] }, "layers": [{ "type": "multi_head_attention", "num_heads": 3 }] }
            """;

        var error = Assert.Single(Networks.Errors(Network));

        Assert.Equal("/layers/0", error.Pointer);
        Assert.Contains("matrix of attention [3, 16384, 16384]", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void StateDict_TensorsOfABlock_ComeBeforeThoseOfItsLayers()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """{ "type": "conv2d", "name": "conv", "out_channels": 4, "kernel_size": 1 }""",
                Tokens,
                """
                { "type": "sequential", "inline": true, "layers": [{ "type": "class_token", "name": "token" }] }
                """,
                """
                { "type": "sequential", "name": "encoder", "layers": [
                  { "type": "layer_norm", "name": "norm", "normalized_shape": 4 },
                  { "type": "position_embedding", "name": "places" }] }
                """
            )
        );

        Assert.Equal(
            ["token", "conv.weight", "conv.bias", "encoder.places", "encoder.norm.weight", "encoder.norm.bias"],
            analysis.StateDict.Select(tensor => tensor.Name)
        );
    }

    [Fact]
    public void StateDict_KeyOrder_PutsTheNamedLayersIntoEachOthersPlaces()
    {
        const string Norm = """{ "type": "batch_norm2d", "name": "NAME", "affine": false }""";
        var layers = string.Join(
            ", ",
            "abcd".Select(name => Norm.Replace("NAME", $"{name}", StringComparison.Ordinal))
        );

        var analysis = Networks.Analyze(
            Networks.Of($$"""{ "type": "sequential", "key_order": ["d", "b"], "layers": [{{layers}}] }""")
        );

        Assert.Equal(["0.a", "0.d", "0.c", "0.b"], analysis.StateDict.Select(tensor => tensor.Layer).Distinct());
    }

    [Fact]
    public void Analyze_TrainingOnly_HasNoCostsAndNamesItsTensors()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """
                { "type": "training_only", "name": "aux", "layers": [{ "type": "flatten" },
                  { "type": "linear", "name": "fc", "out_features": 2 }] }
                """,
                """{ "type": "conv2d", "out_channels": 2, "kernel_size": 1 }"""
            )
        );

        Assert.Equal(["1.weight", "1.bias"], analysis.StateDict.Select(tensor => tensor.Name));
        Assert.Equal(["aux.fc.weight", "aux.fc.bias"], analysis.TrainingTensors.Select(tensor => tensor.Name));
        Assert.Equal(8, analysis.Parameters);
        Assert.Equal([2, 768], analysis.TrainingTensors[0].Shape);
    }

    [Fact]
    public void Analyze_StochasticDepthInARepeat_RisesEvenly()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """
                { "type": "repeat", "times": 3, "layers": [{ "type": "residual", "stochastic_depth": 0.1,
                  "stochastic_depth_last": 0.3, "body": [{ "type": "relu" }] }] }
                """
            )
        );

        var depths = analysis.AllLayers.Select(node => node.Definition).OfType<Residual>();

        Assert.Equal([0.1, 0.2, 0.3], depths.Select(residual => Math.Round(residual.StochasticDepth, 9)));
    }

    [Fact]
    public void Read_ArchitectureWithPreprocessing_IsTheModels()
    {
        const string Definition = """
            { "name": "own", "architecture": { "input": { "channels": 3, "height": 8, "width": 8 },
              "layers": [{ "type": "flatten" }, { "type": "linear", "out_features": 2 }],
              "preprocessing": { "resize": { "height": SIDE, "width": 8 }, "scale": 0.5 } } }
            """;

        var model = ResolvedModel.Read(
            JsonElement.Parse(Definition.Replace("SIDE", "8", StringComparison.Ordinal)),
            new ArchitectureLimits()
        );
        var error = Assert.ThrowsAny<ServingException>(() =>
            ResolvedModel.Read(
                JsonElement.Parse(Definition.Replace("SIDE", "9", StringComparison.Ordinal)),
                new ArchitectureLimits()
            )
        );

        Assert.Equal(0.5, model.Preprocessing!.Scale);
        Assert.Equal("/architecture/preprocessing", Assert.Single(error.Errors).Pointer);
    }
}
