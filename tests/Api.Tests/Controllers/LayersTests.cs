using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

public sealed class LayersTests(ApiServer server)
{
    [Fact]
    public async Task List_EveryLayer_SaysWhatItDoesAndTakes()
    {
        var layers = (await server.Api.GetAsync("/v1/layers")).Ok().GetProperty("layers");

        Assert.All(
            layers.EnumerateArray(),
            layer =>
            {
                Assert.Matches("^[a-z0-9_]+$", layer.GetProperty("type").GetString());
                Assert.NotEqual("", layer.GetProperty("meaning").GetString());
                Assert.All(
                    layer.GetProperty("parameters").EnumerateArray(),
                    parameter =>
                    {
                        Assert.Matches("^[a-z0-9_]+$", parameter.GetProperty("name").GetString());
                        Assert.NotEqual("", parameter.GetProperty("type").GetString());
                        Assert.NotEqual("", parameter.GetProperty("meaning").GetString());
                        Assert.False(
                            parameter.GetProperty("required").GetBoolean() && parameter.TryGetProperty("default", out _)
                        );
                    }
                );
            }
        );
        var types = layers.EnumerateArray().Select(layer => layer.GetProperty("type").GetString()!).ToList();
        Assert.Equal(types.Distinct(), types);
        Assert.Empty(
            new[]
            {
                "conv2d",
                "batch_norm2d",
                "relu",
                "max_pool2d",
                "flatten",
                "linear",
                "dropout",
                "residual",
                "repeat",
            }.Except(types)
        );
    }

    [Fact]
    public async Task List_Conv2d_HasPyTorchsParametersDefaultsAndRanges()
    {
        var layers = (await server.Api.GetAsync("/v1/layers")).Ok().GetProperty("layers");

        var conv = layers.EnumerateArray().Single(layer => layer.GetProperty("type").GetString() == "conv2d");
        var parameters = conv.GetProperty("parameters")
            .EnumerateArray()
            .ToDictionary(parameter => parameter.GetProperty("name").GetString()!);
        Assert.True(parameters["out_channels"].GetProperty("required").GetBoolean());
        Assert.True(parameters["kernel_size"].GetProperty("required").GetBoolean());
        Assert.Equal(1, parameters["stride"].GetProperty("default").GetInt32());
        Assert.Equal(0, parameters["padding"].GetProperty("default").GetInt32());
        Assert.True(parameters["bias"].GetProperty("default").GetBoolean());
        Assert.Equal(1, parameters["out_channels"].GetProperty("minimum").GetDouble());
        Assert.Contains("zeros", parameters["padding_mode"].GetProperty("values").Texts());
    }
}
