using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>The model's input as it is.</summary>
public sealed class PredictTensorTests(ApiServer server)
{
    private const string Architecture =
        """{"input":{"shape":[2,3]},"layers":[{"type":"flatten"},{"type":"linear","out_features":3}]}""";

    [Fact]
    public async Task Predict_NestedData_EqualsFlatData()
    {
        var model = await ModelAsync();

        var flat = await server.Api.PredictAsync(model, Tensor("[2,3]", "[1,2.5,-3,4e-3,5E0,6]"), "?scores=logits");
        var nested = await server.Api.PredictAsync(
            model,
            Tensor("[2,3]", "[[1,2.5,-3],[4e-3,5E0,6]]"),
            "?scores=logits"
        );
        var turned = await server.Api.PredictAsync(
            model,
            Tensor("[2,3]", "[[4e-3,5E0,6],[1,2.5,-3]]"),
            "?scores=logits"
        );

        Assert.Equal(
            flat.Prediction().GetProperty("logits").Floats(),
            nested.Prediction().GetProperty("logits").Floats()
        );
        Assert.NotEqual(
            flat.Prediction().GetProperty("logits").Floats(),
            turned.Prediction().GetProperty("logits").Floats()
        );
    }

    [Theory]
    [InlineData("[3,2]")]
    [InlineData("[6]")]
    [InlineData("[1,2,3]")]
    public async Task Predict_ShapeOfAnotherModel_IsAMismatch(string shape)
    {
        var answer = await server.Api.PredictAsync(await ModelAsync(), Tensor(shape, "[1,2,3,4,5,6]"));

        Assert.Contains(
            "the model takes [2, 3]",
            answer.Problem(422, "input_mismatch").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Predict_NoTensorThatFits_PointsAtEach()
    {
        var answer = await server.Api.PredictAsync(
            await ModelAsync(),
            """{"tensors":[{"shape":[3,2],"data":[1,2,3,4,5,6]},{"shape":[6],"data":[1,2,3,4,5,6]}]}"""
        );

        answer.Problem(422, "input_mismatch", "/tensors/0", "/tensors/1");
    }

    [Theory]
    [InlineData("[2,3]", "[1,2,3,4,5]", "/data")]
    [InlineData("[2,3]", "[1,2,3,4,5,6,7]", "/data")]
    [InlineData("[2,3]", "[]", "/data")]
    [InlineData("[2,3]", "[[1,2],[3,4],[5,6]]", "/data")]
    [InlineData("[2,3]", "[[1,2,3],[4,5]]", "/data/1")]
    [InlineData("[2,3]", "[[1,2,3],4,5,6]", "/data")]
    [InlineData("[2,3]", "[1,2,3,[4,5,6]]", "/data/3")]
    [InlineData("[2,3]", "[[[1],[2],[3]],[[4],[5],[6]]]", "/data/0")]
    [InlineData("[2,3]", "[1,2,3,4,5,\"6\"]", "/data/5")]
    [InlineData("[2,3]", "[1,2,3,4,5,null]", "/data/5")]
    [InlineData("[2,3]", "[1,2,3,4,5,1e999]", "/data/5")]
    [InlineData("[2,3]", "[1,2,3,4,5,-1e39]", "/data/5")]
    [InlineData("[2,3]", "[[1,2,3],[4,5,true]]", "/data/1/2")]
    [InlineData("[2,3]", "7", "/data")]
    [InlineData("[2,3]", "\"AAAA\"", "/data")]
    [InlineData("[]", "[1]", "/shape")]
    [InlineData("[2,-3]", "[1,2,3,4,5,6]", "/shape")]
    [InlineData("[0,3]", "[]", "/shape")]
    [InlineData("[2.5,3]", "[1,2,3,4,5,6]", "/shape")]
    [InlineData("[2,\"3\"]", "[1,2,3,4,5,6]", "/shape")]
    [InlineData("6", "[1,2,3,4,5,6]", "/shape")]
    [InlineData("[1,1,1,1,1,1,1,2,3]", "[1,2,3,4,5,6]", "/shape")]
    [InlineData("[99999999999,3]", "[1,2,3,4,5,6]", "/shape")]
    [InlineData("[65536,65536,65536,65536,65536,65536,65536,65536]", "[]", "/data")]
    [InlineData("[2147483647,2147483647,2147483647,2147483647,2147483647,2147483647]", "[1]", "/data")]
    public async Task Predict_WrongTensor_PointsAtThePlace(string shape, string data, string pointer)
    {
        var answer = await server.Api.PredictAsync(await ModelAsync(), Tensor(shape, data));

        var errors = answer.Problem(400, "malformed_request").GetProperty("errors");
        Assert.StartsWith(
            "/tensors/0" + pointer,
            Assert.Single(errors.EnumerateArray()).GetProperty("pointer").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    public async Task Predict_NumberThatJsonDoesNotHave_IsMalformed(string number)
    {
        var answer = await server.Api.PredictAsync(await ModelAsync(), Tensor("[2,3]", $"[1,2,3,4,5,{number}]"));

        answer.Problem(400, "malformed_request");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1,2,3,4,5,6]")]
    [InlineData("""{"shape":[2,3]}""")]
    [InlineData("""{"data":[1,2,3,4,5,6]}""")]
    [InlineData("""{"shape":[2,3],"data":[1,2,3,4,5,6],"dtype":"float32"}""")]
    [InlineData("""{"shape":[2,3],"shape":[2,3]}""")]
    public async Task Predict_NoTensor_PointsAtIt(string tensor)
    {
        var answer = await server.Api.PredictAsync(
            await ModelAsync(),
            $$"""{"tensors":[{"shape":[2,3],"data":[1,2,3,4,5,6]},{{tensor}}]}"""
        );

        answer.Problem(400, "malformed_request", "/tensors/1");
    }

    [Fact]
    public async Task Predict_TensorThatDoesNotFitAmongThoseThatDo_FailsAlone()
    {
        const string Tensors = """
            {"tensors":[{"shape":[2,3],"data":[1,2,3,4,5,6]},{"shape":[3,2],"data":[1,2,3,4,5,6]},
              {"shape":[2,3],"data":[6,5,4,3,2,1]}]}
            """;

        var body = (await server.Api.PredictAsync(await ModelAsync(), Tensors)).Ok();

        var predictions = body.GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal("input_mismatch", predictions[1].GetProperty("error").GetProperty("code").GetString());
        Assert.NotEqual(
            predictions[0].GetProperty("probabilities").Floats(),
            predictions[2].GetProperty("probabilities").Floats()
        );
    }

    private static string Tensor(string shape, string data) =>
        $$"""{"tensors":[{"shape":{{shape}},"data":{{data}}}]}""";

    private Task<string> ModelAsync() => server.Api.EnsureAsync(Networks.Model("predict-tensor", Architecture));
}
