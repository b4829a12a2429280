using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>What the query asks of an answer.</summary>
public sealed class PredictQueryTests(ApiServer server)
{
    [Theory]
    [InlineData("", 4)]
    [InlineData("?top_k=1", 1)]
    [InlineData("?top_k=3", 3)]
    [InlineData("?top_k=1000000", 4)]
    public async Task Predict_TopK_NamesThatManyClassesWithTheirLabels(string query, int count)
    {
        var prediction = (await server.Api.PredictAsync(await ModelAsync(), Networks.InputJson(), query)).Prediction();

        var top = prediction.GetProperty("top").EnumerateArray().ToList();
        var probabilities = prediction.GetProperty("probabilities").Floats();
        Assert.Equal(count, top.Count);
        Assert.Equal(Numbers.IndexOfGreatest(probabilities), top[0].GetProperty("class_index").GetInt32());
        Assert.All(
            top,
            item => Assert.Equal($"label {item.GetProperty("class_index")}", item.GetProperty("label").GetString())
        );
        Assert.All(
            top,
            item =>
                Assert.Equal(
                    probabilities[item.GetProperty("class_index").GetInt32()],
                    item.GetProperty("probability").GetSingle()
                )
        );
    }

    [Fact]
    public async Task Predict_NoTopK_NamesFiveClasses()
    {
        var model = await server.Api.EnsureAsync(Networks.Lesson("predict-ten"));

        var prediction = (await server.Api.PredictAsync(model, Networks.InputJson())).Prediction();

        Assert.Equal(5, prediction.GetProperty("top").GetArrayLength());
        Assert.Equal(10, prediction.GetProperty("probabilities").GetArrayLength());
    }

    [Theory]
    [InlineData("probabilities", "probabilities,top")]
    [InlineData("logits", "logits,top")]
    [InlineData("none", "top")]
    public async Task Predict_Scores_GivesThose(string scores, string properties)
    {
        var prediction = (
            await server.Api.PredictAsync(await ModelAsync(), Networks.InputJson(), "?scores=" + scores)
        ).Prediction();

        Assert.Equal(properties.Split(','), prediction.EnumerateObject().Select(property => property.Name).Order());
    }

    [Fact]
    public async Task Predict_Logits_AreWhatTheProbabilitiesAreMadeOf()
    {
        var model = await ModelAsync();

        var logits = (await server.Api.PredictAsync(model, Networks.InputJson(), "?scores=logits"))
            .Prediction()
            .GetProperty("logits")
            .Floats();
        var probabilities = (await server.Api.PredictAsync(model, Networks.InputJson()))
            .Prediction()
            .GetProperty("probabilities")
            .Floats();

        var exponents = logits.Select(logit => Math.Exp(logit)).ToList();

        // Softmax in double precision, rounded to float32.
        Numbers.AssertNear([.. exponents.Select(value => (float)(value / exponents.Sum()))], probabilities, 1e-6);
    }

    [Theory]
    [InlineData("top_k=0", "?top_k")]
    [InlineData("top_k=-1", "?top_k")]
    [InlineData("top_k=1000001", "?top_k")]
    [InlineData("top_k=99999999999999999999", "?top_k")]
    [InlineData("top_k=1.5", "?top_k")]
    [InlineData("top_k=five", "?top_k")]
    [InlineData("top_k=", "?top_k")]
    [InlineData("scores=bogus", "?scores")]
    [InlineData("scores=", "?scores")]
    [InlineData("scores=7", "?scores")]
    public async Task Predict_WrongQuery_SaysWhichParameter(string query, string pointer)
    {
        var answer = await server.Api.PredictAsync(await ModelAsync(), Networks.InputJson(), "?" + query);

        answer.Problem(400, "malformed_request", pointer);
    }

    [Theory]
    [InlineData(
        "top_k=five",
        "Query parameter top_k: 'five' is not valid. It must be a whole number from 1 to 1000000."
    )]
    [InlineData(
        "scores=all",
        "Query parameter scores: 'all' is not valid. It must be one of probabilities, logits, none."
    )]
    public async Task Predict_WrongQuery_SaysWhatWouldFit(string query, string detail) =>
        Assert.Equal(
            detail,
            (await server.Api.PredictAsync(await ModelAsync(), Networks.InputJson(), "?" + query))
                .Problem(400, "malformed_request")
                .GetProperty("detail")
                .GetString()
        );

    [Theory]
    [InlineData("topk=3", "This operation has no query parameter 'topk'; did you mean 'top_k'?")]
    [InlineData("labels=1", "This operation has no query parameter 'labels'. It has top_k, scores.")]
    public async Task Predict_UnknownParameter_IsRefusedAndTold(string query, string detail)
    {
        var answer = await server.Api.PredictAsync(await ModelAsync(), Networks.InputJson(), "?" + query);

        Assert.Equal(
            detail,
            answer.Problem(400, "malformed_request", "?" + query.Split('=')[0]).GetProperty("detail").GetString()
        );
    }

    [Fact]
    public async Task Get_UnknownParameterOfAnOperationWithoutAny_IsRefused() =>
        Assert.Equal(
            "This operation has no query parameter 'verbose'.",
            (await server.Api.GetAsync("/v1/models?verbose=1"))
                .Problem(400, "malformed_request", "?verbose")
                .GetProperty("detail")
                .GetString()
        );

    [Fact]
    public async Task Predict_TwoWrongParameters_SaysBoth()
    {
        var answer = await server.Api.PredictAsync(await ModelAsync(), Networks.InputJson(), "?top_k=0&scores=all");

        answer.Problem(400, "malformed_request", "?top_k", "?scores");
    }

    private Task<string> ModelAsync() =>
        server.Api.EnsureAsync(
            Networks.Tiny("predict-query", "\"labels\":[\"label 0\",\"label 1\",\"label 2\",\"label 3\"],\"seed\":1")
        );
}
