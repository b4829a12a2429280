using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Language.Reading;

/// <summary>JSON that is not exactly right is refused where it is wrong.</summary>
public sealed class StrictReaderTests
{
    [Theory]
    [InlineData(
        """{ "type": "conv2d", "out_channels": "4", "kernel_size": 3 }""",
        "/layers/0/out_channels",
        "text \"4\""
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4.5, "kernel_size": 3 }""",
        "/layers/0/out_channels",
        "4.5 is not a whole number"
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 9223372036854775808, "kernel_size": 3 }""",
        "/layers/0/out_channels",
        "2147483647"
    )]
    [InlineData("""{ "type": "conv2d", "out_channels": 1e308, "kernel_size": 3 }""", "/layers/0/out_channels", "1e308")]
    [InlineData("""{ "type": "conv2d", "out_channels": -1, "kernel_size": 3 }""", "/layers/0/out_channels", "-1")]
    [InlineData("""{ "type": "conv2d", "out_channels": null, "kernel_size": 3 }""", "/layers/0/out_channels", "null")]
    [InlineData("""{ "type": "conv2d", "out_channels": 4 }""", "/layers/0", "'kernel_size' is missing")]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": [3, "x"] }""",
        "/layers/0/kernel_size/1",
        "whole number"
    )]
    [InlineData("""{ "type": "conv2d", "out_channels": 4, "kernel_size": [] }""", "/layers/0/kernel_size", "empty")]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": "full" }""",
        "/layers/0/padding",
        "\"same\" or \"valid\""
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "bias": 1 }""",
        "/layers/0/bias",
        "true or false"
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding_mode": "mirror" }""",
        "/layers/0/padding_mode",
        "zeros, reflect, replicate, circular"
    )]
    [InlineData(
        """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "kernel_size": 5 }""",
        "/layers/0/kernel_size",
        "twice"
    )]
    [InlineData("""{ "type": "dropout", "p": 1.5 }""", "/layers/0/p", "from 0 to 1")]
    [InlineData("""{ "type": "dropout", "p": 1e999 }""", "/layers/0/p", "1e999")]
    [InlineData("""{ "type": "elu", "alpha": 1e308 }""", "/layers/0/alpha", "1e308 is not a number from -3.4")]
    [InlineData(
        """{ "type": "leaky_relu", "negative_slope": -1e39 }""",
        "/layers/0/negative_slope",
        "-1e39 is not a number"
    )]
    [InlineData("""{ "type": "local_response_norm", "size": 3, "k": 1e308 }""", "/layers/0/k", "to 3.4")]
    [InlineData(
        """{ "type": "gelu", "approximate": "erf" }""",
        "/layers/0/approximate",
        "\"erf\" is not one of: none, tanh."
    )]
    [InlineData("""{ "type": "relu", "name": "a.b" }""", "/layers/0/name", "without dots")]
    [InlineData("""{ "type": "relu", "name": "line\n" }""", "/layers/0/name", "without dots")]
    [InlineData("""{ "type": "ReLU" }""", "/layers/0/type", "did you mean 'relu'?")]
    [InlineData("""{ "type": "nn.Linear" }""", "/layers/0/type", "did you mean 'linear'?")]
    [InlineData("""{ "type": "torch.nn.Conv2d" }""", "/layers/0/type", "did you mean 'conv2d'?")]
    [InlineData("""{ "type": "BatchNorm" }""", "/layers/0/type", "did you mean 'batch_norm2d'?")]
    [InlineData("""{ "type": "MaxPool" }""", "/layers/0/type", "did you mean 'max_pool2d'?")]
    [InlineData("""{ "type": "Dense" }""", "/layers/0/type", "did you mean 'linear'?")]
    [InlineData("""{ "type": "fc" }""", "/layers/0/type", "did you mean 'linear'?")]
    [InlineData("""{ "type": "fully_connected" }""", "/layers/0/type", "did you mean 'linear'?")]
    [InlineData("""{ "type": "conv" }""", "/layers/0/type", "did you mean 'conv2d'?")]
    [InlineData("""{ "type": "bn" }""", "/layers/0/type", "did you mean 'batch_norm2d'?")]
    [InlineData("""{ "type": "Dropout2D" }""", "/layers/0/type", "did you mean 'dropout")]
    [InlineData("""{ "type": "reluu" }""", "/layers/0/type", "did you mean 'relu'")]
    [InlineData("""{ "type": 7 }""", "/layers/0/type", "layer's type")]
    [InlineData("""{ "typ": "relu" }""", "/layers/0", "'type' is missing")]
    [InlineData("""{ "type": "relu", "type": "relu" }""", "/layers/0/type", "twice")]
    [InlineData("\"relu\"", "/layers/0", "a layer is needed")]
    [InlineData("null", "/layers/0", "a layer is needed")]
    [InlineData("""{ "type": "sequential", "layers": { "type": "relu" } }""", "/layers/0/layers", "a list is needed")]
    [InlineData(
        """{ "type": "sequential", "layers": [{ "type": "relu", "a/b~c": 1 }] }""",
        "/layers/0/layers/0/a~1b~0c",
        "unknown"
    )]
    [InlineData("""{ "type": "residual", "body": [], "activation": "conv2d" }""", "/layers/0/activation", "needs")]
    public void Read_OneMistake_IsOneErrorAtItsPlace(string layer, string pointer, string part)
    {
        var error = Assert.Single(Networks.Errors(Networks.Of(layer)));

        Assert.Equal(pointer, error.Pointer);
        Assert.Contains(part, error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SeveralMistakes_AreAllReported()
    {
        var errors = Networks.Errors(
            """
            { "input": { "channels": 3, "height": 16, "width": 16, "depth": 1 }, "extra": true,
              "layers": [{ "type": "conv2d", "kernel_size": 0, "stride": -1 }, { "type": "bogus" },
                { "type": "linear", "out_features": 2.5 }] }
            """
        );

        Assert.Equal(
            [
                "/input/depth",
                "/extra",
                "/layers/0/kernel_size",
                "/layers/0/stride",
                "/layers/0",
                "/layers/1/type",
                "/layers/2/out_features",
            ],
            errors.Select(error => error.Pointer)
        );
    }

    [Fact]
    public void Read_OptionalNull_IsAsGoodAsNotGiven()
    {
        var analysis = Networks.Analyze(
            Networks.Of("""{ "type": "max_pool2d", "kernel_size": 2, "stride": null, "name": null }""")
        );

        Assert.Equal([3, 8, 8], analysis.Output.Sizes);
    }

    [Fact]
    public void Read_LongGarbage_IsNotQuotedWhole()
    {
        var error = Assert.Single(Networks.Errors(Networks.Of($$"""{ "type": "{{new string('x', 100_000)}}" }""")));

        Assert.True(error.Detail.Length < 300, error.Detail);
    }
}
