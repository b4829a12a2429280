using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>
/// torchvision's networks at full size, with weights that a formula gives: the whole way from upload to scores.
/// </summary>
public sealed class GoldenTests(ApiServer server)
{
    [Theory]
    [InlineData("alexnet")]
    [InlineData("alexnet_head7")]
    [InlineData("resnet18")]
    [InlineData("resnet34")]
    [InlineData("resnet50")]
    [InlineData("resnet50_head7")]
    [InlineData("mobilenet_v2")]
    [InlineData("squeezenet1_1")]
    [InlineData("vgg11_bn")]
    [InlineData("resnext50_32x4d")]
    [InlineData("wide_resnet50_2")]
    [InlineData("densenet121")]
    [InlineData("densenet121_head7")]
    [InlineData("mnasnet1_0")]
    public Task Predict_GoldenNetwork_GivesPyTorchsLogits(string name) => CompareAsync("goldens", name);

    [Theory]
    [InlineData("googlenet")]
    [InlineData("googlenet_transform_input")]
    [InlineData("inception_v3")]
    [InlineData("inception_v3_transform_input")]
    [InlineData("mobilenet_v3_small")]
    [InlineData("mobilenet_v3_small_head7")]
    [InlineData("mobilenet_v3_large")]
    [InlineData("shufflenet_v2_x1_0")]
    [InlineData("efficientnet_b0")]
    [InlineData("efficientnet_v2_s")]
    [InlineData("regnet_y_400mf")]
    [InlineData("regnet_x_400mf")]
    [InlineData("convnext_tiny")]
    [InlineData("vit_b_16")]
    [InlineData("vit_b_16_head7")]
    [InlineData("swin_t")]
    public Task Predict_GoldenOfAnotherFamily_GivesPyTorchsLogits(string name) => CompareAsync("families", name);

    private async Task CompareAsync(string folder, string name)
    {
        var golden = Fixtures.Json(folder, name + ".json");
        var classes = golden.GetProperty("classes").GetInt32();
        var model = "golden-" + name.Replace('_', '-');

        var changes = classes == 1000 ? "" : $",\"num_classes\":{classes}";

        // By default, these networks take what torchvision's option makes of the input.
        if (golden.TryGetProperty("transform_input", out var transform) && !transform.GetBoolean())
            changes += $",\"preprocessing\":{golden.GetProperty("preprocessing").GetProperty("IMAGENET1K_V1")}";
        var created = await CreateAsync(model, golden, changes);

        Assert.Equal("loaded", created.GetProperty("weights").GetString());
        Assert.Equal(classes, created.GetProperty("num_classes").GetInt32());
        Assert.Equal(golden.GetProperty("parameters").GetInt64(), created.GetProperty("parameters").GetInt64());
        Assert.Equal(golden.GetProperty("macs").GetInt64(), created.GetProperty("macs").GetInt64());
        foreach (var result in golden.GetProperty("results").EnumerateObject())
            await CompareAsync(folder, model, golden, result.Value);
        await server.Api.RemoveAsync(model);
    }

    private async Task<JsonElement> CreateAsync(string model, JsonElement golden, string head)
    {
        using var weights = new TemporaryFile();
        FormulaWeights.Write(weights.Path, golden);
        using var form = Bodies.Model(
            $$"""{"name":"{{model}}","base":"{{golden.GetProperty("architecture")}}"{{head}}}""",
            weights.Path
        );
        return await server.Api.CreateAsync(form);
    }

    private async Task CompareAsync(string folder, string model, JsonElement golden, JsonElement result)
    {
        var input = result.GetProperty("input");
        var expected = GoldenInputs.Tensor($"{folder}/{result.GetProperty("logits").GetString()}");
        var top = result.GetProperty("top5")[0].GetInt32();
        if (input.TryGetProperty("tensor", out _))
        {
            var values = GoldenInputs.Input(golden, result);
            var side = (long)Math.Sqrt(values.Length / 3);
            var tensor = Bodies.Json(Bodies.Tensors([3, side, side], values));
            await CompareAsync(model, tensor, expected, top, GoldenInputs.Tolerance(golden, expected));
        }

        // How far PyTorch's own logits move when every pixel moves by one level: the room for another decoder and
        // resize.
        var own = golden
            .GetProperty("results")
            .EnumerateObject()
            .Any(item => item.Name.EndsWith("_own", StringComparison.Ordinal));
        if (own && !input.TryGetProperty("preprocessing", out _))
            return;
        var photo = Bodies.Raw(Fixtures.Bytes(input.GetProperty("photo").GetString()!.Split('/')), "image/png");
        await CompareAsync(model, photo, expected, top, result.GetProperty("change_by_pixel_noise").GetDouble());
    }

    private async Task CompareAsync(string model, HttpContent content, float[] expected, int top, double near)
    {
        var prediction = (await server.Api.PredictAsync(model, content, "?scores=logits")).Prediction();

        Numbers.AssertNear(expected, prediction.GetProperty("logits").Floats(), near);
        Assert.Equal(top, prediction.GetProperty("top")[0].GetProperty("class_index").GetInt32());
    }
}
