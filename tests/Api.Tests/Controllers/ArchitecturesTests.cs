using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

public sealed class ArchitecturesTests(ApiServer server)
{
    [Fact]
    public async Task List_Always_NamesThePredefinedOnes()
    {
        var names = (await server.Api.GetAsync("/v1/architectures")).Ok().GetProperty("architectures").Texts();

        Assert.Empty(new[] { "alexnet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152" }.Except(names));
    }

    [Theory]
    [InlineData("alexnet")]
    [InlineData("resnet18")]
    [InlineData("resnet34")]
    [InlineData("resnet50")]
    [InlineData("mobilenet_v2")]
    [InlineData("squeezenet1_1")]
    [InlineData("vgg11_bn")]
    public async Task Get_Predefined_HasTorchvisionsStateDictAndCosts(string name)
    {
        var golden = Fixtures.Json("goldens", name + ".json");

        var body = (await server.Api.GetAsync("/v1/architectures/" + name)).Ok();

        Assert.Equal(name, body.GetProperty("name").GetString());
        Assert.Equal("imagenet", body.GetProperty("preprocessing").GetString());
        var analysis = body.GetProperty("analysis");
        Assert.Equal(golden.GetProperty("parameters").GetInt64(), analysis.GetProperty("parameters").GetInt64());
        Assert.Equal(golden.GetProperty("macs").GetInt64(), analysis.GetProperty("macs").GetInt64());
        Assert.Equal(golden.GetProperty("head").GetString(), analysis.GetProperty("head_layer").GetString());
        Assert.Equal(
            golden
                .GetProperty("state_dict")
                .EnumerateArray()
                .Select(tensor => $"{tensor[0]} [{string.Join(", ", tensor[1].Longs())}] {tensor[2]}"),
            analysis
                .GetProperty("state_dict")
                .EnumerateArray()
                .Select(tensor =>
                    $"{tensor.GetProperty("name")} [{string.Join(", ", tensor.GetProperty("shape").Longs())}] "
                    + $"{tensor.GetProperty("dtype")}"
                )
        );
    }

    [Fact]
    public async Task Get_Definition_CanBeAnalysedAsItStands()
    {
        var body = (await server.Api.GetAsync("/v1/architectures/resnet18")).Ok();

        var analysis = (
            await server.Api.PostAsync("/v1/architectures/analyze", body.GetProperty("definition").GetRawText())
        ).Ok();

        Assert.Equal(body.GetProperty("analysis").GetRawText(), analysis.GetRawText());
    }

    [Theory]
    [InlineData("resnet51")]
    [InlineData("ResNet50")]
    [InlineData("resnet50.json")]
    [InlineData("..%2Fresnet50")]
    public async Task Get_Unknown_IsNotFound(string name)
    {
        var answer = await server.Api.GetAsync("/v1/architectures/" + name);

        answer.Problem(404, "not_found");
    }
}
