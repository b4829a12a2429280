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
    public async Task Predict_GoldenNetwork_GivesPyTorchsLogits(string name)
    {
        var golden = Fixtures.Json("goldens", name + ".json");
        var classes = golden.GetProperty("classes").GetInt32();
        var model = "golden-" + name.Replace('_', '-');

        var created = await CreateAsync(model, golden, classes == 1000 ? "" : $",\"num_classes\":{classes}");

        Assert.Equal("loaded", created.GetProperty("weights").GetString());
        Assert.Equal(classes, created.GetProperty("num_classes").GetInt32());
        Assert.Equal(golden.GetProperty("parameters").GetInt64(), created.GetProperty("parameters").GetInt64());
        Assert.Equal(golden.GetProperty("macs").GetInt64(), created.GetProperty("macs").GetInt64());
        foreach (var result in golden.GetProperty("results").EnumerateObject())
            await CompareAsync(model, golden, result.Value);
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

    private async Task CompareAsync(string model, JsonElement golden, JsonElement result)
    {
        var input = result.GetProperty("input");
        var expected = Tensor("goldens/" + result.GetProperty("logits").GetString());
        var tensor = Bodies.Tensors([3, 224, 224], Tensor(input.GetProperty("tensor").GetString()!));
        var photo = Bodies.Raw(Fixtures.Bytes(input.GetProperty("photo").GetString()!.Split('/')), "image/png");

        var fromTensor = (await server.Api.PredictAsync(model, tensor, "?scores=logits")).Prediction();
        var fromPhoto = (await server.Api.PredictAsync(model, photo, "?scores=logits")).Prediction();

        // The golden's own tolerance: float32 summed in another order.
        var tolerance = golden.GetProperty("tolerance");
        var largest = expected.Max(Math.Abs);
        var near = Math.Max(
            tolerance.GetProperty("absolute").GetDouble(),
            tolerance.GetProperty("relative_to_largest_logit").GetDouble() * largest
        );
        Numbers.AssertNear(expected, fromTensor.GetProperty("logits").Floats(), near);

        // How far PyTorch's own logits move when every pixel moves by one level: the room for another decoder and
        // resize.
        Numbers.AssertNear(
            expected,
            fromPhoto.GetProperty("logits").Floats(),
            result.GetProperty("change_by_pixel_noise").GetDouble()
        );
        var top = result.GetProperty("top5")[0].GetInt32();
        Assert.Equal(top, fromTensor.GetProperty("top")[0].GetProperty("class_index").GetInt32());
        Assert.Equal(top, fromPhoto.GetProperty("top")[0].GetProperty("class_index").GetInt32());
    }

    private static float[] Tensor(string reference)
    {
        var (file, name) = (reference.Split('#')[0], reference.Split('#')[1]);
        return SafetensorsFile.Read(Fixtures.Path(file.Split('/'))).Floats(name);
    }
}
