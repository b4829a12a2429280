using System.Text.Json;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Language.Analysis;

/// <summary>What is wrong is named with its place; one mistake is one error.</summary>
public sealed class ErrorTests
{
    private const string Linear = """{ "type": "linear", "out_features": 4 }""";
    private const string Flatten = """{ "type": "flatten" }""";
    private const string Conv = """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3 }""";

    [Theory]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 17 }""",
        "/layers/0/kernel_size",
        "17 does not fit into 16"
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "in_channels": 5 }""",
        "/layers/0/in_channels",
        "has 3"
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "groups": 2 }""",
        "/layers/0/groups",
        "3 channels"
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "groups": 3 }""",
        "/layers/0/groups",
        "out_channels 4"
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": [3, 3, 3] }""",
        "/layers/0/kernel_size",
        "3 numbers"
    )]
    [InlineData("""{ "type": "conv2d", "out_channels": 4, "kernel_size": [3] }""", null, null)]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": "same", "stride": 2 }""",
        "/layers/0/padding",
        "stride of 1"
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 16, "padding_mode": "reflect" }""",
        "/layers/0/padding",
        "reflect"
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 15, "padding_mode": "reflect" }""",
        null,
        null
    )]
    [InlineData(
        """{ "type": "conv1d", "out_channels": 4, "kernel_size": 3 }""",
        "/layers/0/type",
        "[channels, length]"
    )]
    [InlineData("""{ "type": "max_pool2d", "kernel_size": 2, "padding": 2 }""", "/layers/0/padding", "half the window")]
    [InlineData("""{ "type": "batch_norm2d", "num_features": 4 }""", "/layers/0/num_features", "has 3")]
    [InlineData(
        """{ "type": "batch_norm2d", "track_running_stats": false }""",
        "/layers/0/track_running_stats",
        "Stricter than PyTorch"
    )]
    [InlineData("""{ "type": "group_norm", "num_groups": 2 }""", "/layers/0/num_groups", "2 groups")]
    [InlineData("""{ "type": "layer_norm", "normalized_shape": [16, 17] }""", "/layers/0/normalized_shape", "[16, 17]")]
    [InlineData("""{ "type": "batch_norm2d", "eps": 2, "momentum": 2 }""", null, null)]
    [InlineData("""{ "type": "batch_norm2d", "eps": -1 }""", "/layers/0/eps", "from 0")]
    [InlineData(
        """{ "type": "adaptive_avg_pool2d", "output_size": [null, 1] }""",
        "/layers/0/output_size/0",
        "Stricter than PyTorch"
    )]
    [InlineData(
        """{ "type": "sequential", "layers": [{ "type": "flatten", "start_dim": 2 }, { "type": "dropout2d" }] }""",
        null,
        null
    )]
    [InlineData("""{ "type": "softmax", "dim": 0 }""", "/layers/0/dim", "Stricter than PyTorch")]
    [InlineData("""{ "type": "softmax", "dim": -4 }""", "/layers/0/dim", "Stricter than PyTorch")]
    [InlineData("""{ "type": "softmax", "dim": -2147483648 }""", "/layers/0/dim", "not a dimension")]
    [InlineData("""{ "type": "softmax", "dim": -3 }""", null, null)]
    [InlineData("""{ "type": "flatten", "start_dim": 0 }""", "/layers/0/start_dim", "Stricter than PyTorch")]
    [InlineData("""{ "type": "flatten", "start_dim": -4 }""", "/layers/0/start_dim", "Stricter than PyTorch")]
    [InlineData("""{ "type": "flatten", "start_dim": 4 }""", "/layers/0/start_dim", "1 to 3")]
    [InlineData(
        """{ "type": "residual", "body": [{ "type": "adaptive_avg_pool2d", "output_size": 1 }] }""",
        "/layers/0/body",
        "Stricter than PyTorch"
    )]
    [InlineData(
        """{ "type": "repeat", "times": 2, "layers": [] }""",
        "/layers/0/layers",
        "has 0 elements; 1 or more are needed"
    )]
    [InlineData(
        """{ "type": "repeat", "times": 2, "name": "x", "layers": [{ "type": "relu" }] }""",
        "/layers/0/name",
        "no key"
    )]
    [InlineData(
        """{ "type": "repeat", "times": 2, "names": "x{i}", "layers": [{ "type": "relu" }, { "type": "relu" }] }""",
        "/layers/0/names",
        "one layer"
    )]
    [InlineData(
        """{ "type": "repeat", "times": 2, "names": "x{i}", "layers": [{ "type": "relu", "name": "y" }] }""",
        "/layers/0/names",
        "without a name"
    )]
    [InlineData(
        """{ "type": "repeat", "times": 2, "names": "x", "layers": [{ "type": "relu" }] }""",
        "/layers/0/names",
        "{i}"
    )]
    [InlineData(
        """{ "type": "repeat", "times": 2, "names": "x{i}", "first": -1, "layers": [{ "type": "relu" }] }""",
        "/layers/0/first",
        "-1"
    )]
    [InlineData("""{ "type": "repeat", "times": 2, "names": "x{i}", "layers": [{ "type": "relu" }] }""", null, null)]
    [InlineData(
        """{ "type": "concat", "branches": [] }""",
        "/layers/0/branches",
        "has 0 elements; 1 or more are needed"
    )]
    [InlineData(
        """{ "type": "concat", "branches": [{ "type": "identity" }, { "type": "max_pool2d", "kernel_size": 2 }] }""",
        "/layers/0/branches",
        "[3, 8, 8]"
    )]
    [InlineData(
        """{ "type": "residual", "body": [{ "type": "max_pool2d", "kernel_size": 2 }] }""",
        "/layers/0/body",
        "[3, 16, 16]"
    )]
    [InlineData(
        """{ "type": "residual", "body": [{ "type": "relu" }], "shortcut": { "type": "flatten" } }""",
        "/layers/0/shortcut",
        "[768]"
    )]
    [InlineData(
        """{ "type": "residual", "body": [{ "type": "relu" }], "activation": { "type": "flatten" } }""",
        "/layers/0/activation",
        "is not an activation"
    )]
    [InlineData("""{ "type": "residual", "body": [{ "type": "relu" }], "activation": "leaky_relu" }""", null, null)]
    [InlineData("""{ "type": "filter2d", "preset": "sobel" }""", "/layers/0/preset", "sobel_x")]
    [InlineData("""{ "type": "filter2d", "preset": "line_diagonal_45" }""", null, null)]
    public void Analyze_OneLayer_IsAcceptedOrRefusedAtItsPlace(string layer, string? pointer, string? part)
    {
        if (pointer is null)
        {
            Networks.Analyze(Networks.Of(layer));
            return;
        }

        var error = Assert.Single(Networks.Errors(Networks.Of(layer)));

        Assert.Equal(pointer, error.Pointer);
        Assert.Contains(part!, error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Analyze_KernelTooLarge_DoesNotMakeWhatFollowsFail()
    {
        var errors = Networks.Errors(
            Networks.Of("""{ "type": "conv2d", "out_channels": 4, "kernel_size": 99 }""", Conv, Flatten, Linear)
        );

        Assert.Equal(["/layers/0/kernel_size"], errors.Select(error => error.Pointer));
    }

    [Fact]
    public void Analyze_UnreadableLayer_DoesNotMakeWhatFollowsFail()
    {
        var errors = Networks.Errors(
            Networks.Of("""{ "type": "conv2d", "out_channels": 4, "kernel_sice": 3 }""", Conv, Flatten, Linear)
        );

        Assert.Equal(["/layers/0/kernel_sice", "/layers/0"], errors.Select(error => error.Pointer));
        Assert.Contains("did you mean 'kernel_size'", errors[0].Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "type": "conv2d", "out_channels": 4, "kernel_sice": 3 }""", "/layers/0/kernel_sice", "/layers/0")]
    [InlineData("""{ "type": "conv1d", "out_channels": 3, "kernel_size": 3 }""", "/layers/0/type")]
    [InlineData("""{ "type": "max_pool2d", "kernel_size": 2, "padding": 2 }""", "/layers/0/padding")]
    [InlineData(
        """{ "type": "concat", "branches": [{ "type": "identity" }, { "type": "max_pool2d", "kernel_size": 2 }] }""",
        "/layers/0/branches"
    )]
    public void Analyze_MistakesBehindAMistake_AreAllFound(string first, params string[] pointers)
    {
        var errors = Networks.Errors(
            Networks.Of(
                first,
                """{ "type": "conv2d", "out_channels": 10, "kernel_size": 3, "groups": 3 }""",
                """{ "type": "conv2d", "out_channels": 8, "kernel_size": 3, "in_channels": 7 }""",
                """{ "type": "batch_norm2d", "num_features": 99 }""",
                """{ "type": "group_norm", "num_groups": 3 }""",
                """{ "type": "max_pool2d", "kernel_size": 2, "padding": 2 }""",
                """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": "same", "stride": 2 }""",
                Flatten,
                Linear,
                """{ "type": "linear", "out_features": 2, "in_features": 9 }"""
            )
        );

        Assert.Equal(
            [
                .. pointers,
                "/layers/1/groups",
                "/layers/2/in_channels",
                "/layers/3/num_features",
                "/layers/4/num_groups",
                "/layers/5/padding",
                "/layers/6/padding",
                "/layers/9/in_features",
            ],
            errors.Select(error => error.Pointer).Distinct()
        );
    }

    [Theory]
    [InlineData("conv1d", "batch_norm1d", "avg_pool1d", "adaptive_avg_pool1d")]
    [InlineData("conv3d", "batch_norm3d", "max_pool3d", "adaptive_avg_pool3d")]
    [InlineData("conv1d", "batch_norm2d", "max_pool2d", "adaptive_avg_pool2d")]
    public void Analyze_WrongNumberOfDimensions_IsOneErrorWhateverFollows(
        string conv,
        string norm,
        string pool,
        string adaptive
    )
    {
        var layers = $$"""
            { "type": "{{conv}}", "out_channels": 4, "kernel_size": 3 }, { "type": "{{norm}}" },
              { "type": "{{pool}}", "kernel_size": 2 }, { "type": "{{adaptive}}", "output_size": 2 }
            """;

        var errors = Networks.Errors(
            Networks.Of(
                layers,
                """{ "type": "residual", "body": [{ "type": "relu" }], "activation": "relu" }""",
                Flatten,
                Linear
            )
        );

        Assert.Equal("/layers/0/type", Assert.Single(errors).Pointer);
    }

    [Fact]
    public void Analyze_HeadLayerThatCanNotBeRead_IsNotMissed()
    {
        var errors = Networks.Errors(
            $$"""
            { "input": { "channels": 3, "height": 8, "width": 8 }, "head_layer": "fc",
              "layers": [{{Flatten}}, { "type": "linear", "out_features": 0, "name": "fc" }] }
            """
        );

        Assert.Equal("/layers/1/out_features", Assert.Single(errors).Pointer);
    }

    [Fact]
    public void Analyze_SecondMistakeBehindTheFirst_IsFoundToo()
    {
        var errors = Networks.Errors(
            Networks.Of(
                """{ "type": "conv2d", "out_channels": 4, "kernel_size": 99 }""",
                """{ "type": "batch_norm2d", "num_features": 5 }"""
            )
        );

        Assert.Equal(["/layers/0/kernel_size", "/layers/1/num_features"], errors.Select(error => error.Pointer));
    }

    [Fact]
    public void Analyze_SameNameTwice_IsRefused()
    {
        var errors = Networks.Errors(Networks.Of("""{ "type": "relu", "name": "1" }""", """{ "type": "relu" }"""));

        Assert.Equal("/layers/1", Assert.Single(errors).Pointer);
    }

    [Theory]
    [InlineData("forward")]
    [InlineData("training")]
    [InlineData("register_full_backward_pre_hook")]
    [InlineData("_modules")]
    [InlineData("__init__")]
    public void Analyze_NameOfAModulesAttribute_IsRefused(string name)
    {
        var layer = $$"""{ "type": "relu", "name": "{{name}}" }""";

        Assert.Equal("/layers/0/name", Assert.Single(Networks.Errors(Networks.Of(layer))).Pointer);
        Assert.Equal(
            "/layers/0/layers/0/name",
            Assert.Single(Networks.Errors(Networks.Of($$"""{ "type": "sequential", "layers": [{{layer}}] }"""))).Pointer
        );
    }

    [Fact]
    public void Analyze_InlineBlocks_ShareTheirParentsKeys()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                Conv,
                """
                { "type": "sequential", "inline": true,
                  "layers": [{ "type": "relu" }, { "type": "conv2d", "out_channels": 2, "kernel_size": 1,
                  "bias": false }] }
                """,
                """
                { "type": "concat", "inline": true, "branches": [{ "type": "conv2d", "out_channels": 2,
                  "kernel_size": 1, "bias": false, "name": "a" },
                  { "type": "conv2d", "out_channels": 2, "kernel_size": 1, "bias": false }] }
                """
            )
        );

        Assert.Equal(
            ["0.weight", "0.bias", "2.weight", "a.weight", "4.weight"],
            analysis.StateDict.Select(tensor => tensor.Name)
        );
    }

    [Fact]
    public void Analyze_RepeatOfRepeat_StopsAtTheLimitWithoutBuildingIt()
    {
        const string Billions = """
            { "type": "repeat", "times": 100000, "layers": [{ "type": "repeat", "times": 100000,
              "layers": [{ "type": "repeat", "times": 100000, "layers": [{ "type": "relu" }] }] }] }
            """;

        var error = Assert.Single(Networks.Errors(Networks.Of(Billions)));

        Assert.Contains("5000 layers", error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "type": "linear", "out_features": 2147483647 }""", "/layers/3")]
    [InlineData("""{ "type": "conv2d", "out_channels": 2147483647, "kernel_size": [3, 3] }""", "/layers/3")]
    [InlineData("""{ "type": "adaptive_avg_pool2d", "output_size": 2147483647 }""", "/layers/3")]
    public void Analyze_HugeSizes_AreRefusedWithoutOverflow(string layer, string pointer)
    {
        var errors = Networks.Errors(Networks.Of(Conv, Conv, Conv, layer));

        Assert.Contains(errors, error => error.Pointer == pointer || error.Pointer == "/layers");
    }

    [Fact]
    public void Analyze_ProductBeyond64Bits_IsAnError()
    {
        const string Huge = """{ "type": "adaptive_avg_pool3d", "output_size": 2147483647 }""";

        var errors = Networks.Errors(
            $$"""{ "input": { "shape": [2, 4, 4, 4] }, "layers": [{{Huge}}, {{Flatten}}, {{Linear}}] }"""
        );

        Assert.Equal("/layers/0", errors[0].Pointer);
        Assert.Contains("64 bits", errors[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Analyze_TooManyParameters_IsRefused()
    {
        var errors = Networks.Errors(Networks.Of(Flatten, """{ "type": "linear", "out_features": 2000000 }"""));

        Assert.Equal("/layers", Assert.Single(errors).Pointer);
    }

    [Theory]
    [InlineData("""{ "type": "batch_norm1d", "affine": false }""", "/layers")]
    [InlineData(
        """
            { "type": "conv1d", "out_channels": 1, "kernel_size": 3, "padding": 200000000, "stride": 400000001,
              "padding_mode": "replicate" }
            """,
        "/layers/0/layers/0"
    )]
    [InlineData(
        """{ "type": "conv1d", "out_channels": 1, "kernel_size": 200000000, "padding": "same" }""",
        "/layers/0/layers/0"
    )]
    [InlineData("""{ "type": "local_response_norm", "size": 2147483647 }""", "/layers/0/layers/0")]
    [InlineData(
        """
            { "type": "concat", "branches": [{ "type": "identity" }, { "type": "identity" }, { "type": "identity" }] }
            """,
        "/layers/0/layers/0"
    )]
    public void Analyze_MemoryThatIsNoParameterAndNoLayersOutput_IsLimitedToo(string layer, string pointer)
    {
        var errors = Networks.Errors(
            $$"""
            { "input": { "shape": [50000000, 2] },
              "layers": [{ "type": "repeat", "times": 11, "layers": [{{layer}}] }] }
            """
        );

        Assert.Equal(pointer, errors[0].Pointer);
        Assert.Contains("are allowed", errors[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Analyze_FiltersKernels_CountAsNumbersOfTheNetwork()
    {
        const string Filters = """
            { "input": { "shape": [1000000, 1, 1] },
              "layers": [{ "type": "repeat", "times": 112,
              "layers": [{ "type": "filter2d", "preset": "sobel_x" }] }] }
            """;

        Assert.Equal("/layers", Assert.Single(Networks.Errors(Filters)).Pointer);
    }

    [Fact]
    public void Analyze_NestedTooDeep_IsRefused()
    {
        var nested = Enumerable
            .Range(0, 20)
            .Aggregate("""{ "type": "relu" }""", (inner, _) => $$"""{ "type": "sequential", "layers": [{{inner}}] }""");

        var error = Assert.Single(Networks.Errors(Networks.Of(nested)));

        Assert.Contains("16 deep", error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "channels": 3, "height": 16 }""", "/input")]
    [InlineData("""{ "channels": 3, "height": 16, "width": 0 }""", "/input/width")]
    [InlineData("""{ "channels": 3, "height": 16, "width": 9223372036854775807 }""", "/input/width")]
    [InlineData("""{ "channels": 3, "height": 16, "width": 16, "shape": [3] }""", "/input")]
    [InlineData("""{ "shape": [] }""", "/input/shape")]
    [InlineData("""{ "shape": [1, 2, 3, 4, 5] }""", "/input/shape")]
    [InlineData("""{ "shape": [2147483647, 2147483647, 2147483647] }""", "/input")]
    [InlineData("""[3, 16, 16]""", "/input")]
    public void Analyze_BadInput_IsRefusedAtItsPlace(string input, string pointer)
    {
        var errors = Networks.Errors($$"""{ "input": {{input}}, "layers": [{ "type": "relu" }] }""");

        Assert.Equal(pointer, errors[0].Pointer);
    }

    [Fact]
    public void Analyze_ShapeThatCouldNotBeRead_IsOneError()
    {
        var errors = Networks.Errors(
            """
            { "input": { "shape": [2, 0] }, "layers": [{ "type": "conv1d", "out_channels": 2, "kernel_size": 1 }] }
            """
        );

        Assert.Equal("/input/shape/1", Assert.Single(errors).Pointer);
    }

    [Fact]
    public void Analyze_HeadLayerThatIsNone_SaysWhichWasMeant()
    {
        var errors = Networks.Errors(
            $$"""
            { "input": { "channels": 3, "height": 8, "width": 8 }, "head_layer": "classifer",
              "layers": [{{Flatten}}, { "type": "linear", "out_features": 2, "name": "classifier" }] }
            """
        );

        Assert.Contains("Did you mean 'classifier'", Assert.Single(errors).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Analyze_MoreLayersThanTheLimit_IsRefusedOnce()
    {
        var errors = Networks.Errors(
            Networks.Of([.. Enumerable.Repeat("""{ "type": "relu" }""", 20)]),
            new ArchitectureLimits { MaxLayers = 10 }
        );

        Assert.Equal("/layers/10", Assert.Single(errors).Pointer);
    }

    [Fact]
    public void Analyze_MoreMultiplyAccumulatesThanTheLimit_IsRefusedWithBothNumbers()
    {
        // 5 x 10 and 10 x 5.
        const string Network = """
            { "input": { "shape": [5] },
              "layers": [{ "type": "linear", "out_features": 10 }, { "type": "linear", "out_features": 5 }] }
            """;

        var error = Assert.Single(Networks.Errors(Network, new ArchitectureLimits { MaxMacs = 99 }));

        Assert.Equal("/layers", error.Pointer);
        Assert.Equal("The network needs 100 multiply-accumulates for one input; at most 99 are allowed.", error.Detail);
        Assert.Equal(
            100,
            ArchitectureReader.Analyze(JsonElement.Parse(Network), new ArchitectureLimits { MaxMacs = 100 }).Macs
        );
    }
}
