using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Weights;

/// <summary>The network that comes with weights.</summary>
public sealed class PretrainedTests(ApiServer server)
{
    private const string Base = "resnet18_mlnet";

    [Fact]
    public async Task Predict_PretrainedNetwork_GivesOnnxRuntimesFeatures()
    {
        // A head that leaves its input as it is answers with the features.
        (
            await server.Api.PostAsync(
                "/v1/models",
                $$"""{"name":"features","base":"{{Base}}","pretrained":true,"head":[{"type":"identity"}]}"""
            )
        ).Ok(201);
        foreach (var photo in Fixtures.Json("pretrained", "features.json").EnumerateObject())
        {
            var expected = photo.Value.Floats();

            var answer = await server.Api.PredictAsync(
                "features",
                Bodies.Raw(Fixtures.Bytes("photos", photo.Name), "image/png"),
                "?scores=logits"
            );

            var found = answer.Prediction().GetProperty("logits").Floats();
            Numbers.AssertNear(expected, found, 1e-4 * expected.Max());
        }

        await server.Api.RemoveAsync("features");
    }

    [Fact]
    public async Task Create_Pretrained_LoadsAllButTheHead()
    {
        var model = (
            await server.Api.PostAsync(
                "/v1/models",
                $$"""{"name":"pretrained","base":"{{Base}}","pretrained":true,"num_classes":3,"seed":1}"""
            )
        ).Ok(201);

        Assert.Equal("partial", model.GetProperty("weights").GetString());
        Assert.Equal("random", model.GetProperty("head").GetString());
        Assert.Equal(["fc.weight", "fc.bias"], model.GetProperty("random_tensors").Texts());
        var report = model.GetProperty("weights_report");
        Assert.Equal("onnx", report.GetProperty("format").GetString());
        Assert.Equal(110, report.GetProperty("loaded").GetArrayLength());
        var preprocessing = model.GetProperty("preprocessing");
        Assert.Equal(1, preprocessing.GetProperty("scale").GetDouble());
        Assert.Equal(123.15, preprocessing.GetProperty("mean")[0].GetDouble());

        // A model that is derived from it has the same preprocessing.
        var derived = (
            await server.Api.PostAsync("/v1/models", """{"name":"derived-pre","from":"pretrained","num_classes":2}""")
        ).Ok(201);
        Assert.Equal(preprocessing.GetRawText(), derived.GetProperty("preprocessing").GetRawText());
        await server.Api.RemoveAsync("derived-pre");
        await server.Api.RemoveAsync("pretrained");
    }

    [Theory]
    [InlineData("\"base\":\"resnet18\",\"pretrained\":true", "only with " + Base)]
    [InlineData(
        "\"architecture\":{\"input\":{\"shape\":[1]},\"layers\":[{\"type\":\"linear\",\"out_features\":2}]},"
            + "\"pretrained\":true",
        "needs 'base'"
    )]
    [InlineData("\"base\":\"resnet18\",\"pretrained\":\"yes\"", "")]
    public async Task Create_PretrainedElsewhere_NamesThoseThatHaveWeights(string definition, string expected)
    {
        var problem = (await server.Api.PostAsync("/v1/models", $$"""{"name":"no-weights",{{definition}}}""")).Problem(
            422,
            "definition_invalid"
        );

        var error = Assert.Single(problem.GetProperty("errors").EnumerateArray());
        Assert.Equal("/pretrained", error.GetProperty("pointer").GetString());
        Assert.Contains(expected, error.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_PretrainedWithAFile_IsRefused()
    {
        using var form = Bodies.Model(
            $$"""{"name":"both","base":"{{Base}}","pretrained":true}""",
            Fixtures.Path("onnx", "tiny.onnx")
        );

        var problem = (await server.Api.PostAsync("/v1/models", form)).Problem(422, "definition_invalid");

        Assert.Equal("/pretrained", problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }

    [Fact]
    public async Task Architectures_List_TellsWhichHaveWeights()
    {
        var list = (await server.Api.GetAsync("/v1/architectures")).Ok();
        var one = (await server.Api.GetAsync("/v1/architectures/" + Base)).Ok();
        var other = (await server.Api.GetAsync("/v1/architectures/resnet18")).Ok();

        Assert.Equal([Base], list.GetProperty("pretrained").Texts());
        Assert.True(one.GetProperty("pretrained").GetBoolean());
        Assert.Equal("imagenet_mean", one.GetProperty("preprocessing").GetString());
        Assert.False(other.GetProperty("pretrained").GetBoolean());
    }

    [Fact]
    public async Task Create_OnnxFileOfTheNetwork_IsLoadedByName()
    {
        const string Definition = """
            {"name":"from-onnx","architecture":{"input":{"shape":[16]},
              "layers":[{"type":"linear","name":"1","out_features":2}]}}
            """;
        using var form = Bodies.Model(Definition, Fixtures.Path("onnx", "tiny.onnx"));

        var model = (await server.Api.PostAsync("/v1/models", form)).Ok(201);

        Assert.Equal("loaded", model.GetProperty("weights").GetString());
        Assert.Equal("onnx", model.GetProperty("weights_report").GetProperty("format").GetString());
        await server.Api.RemoveAsync("from-onnx");
    }
}
