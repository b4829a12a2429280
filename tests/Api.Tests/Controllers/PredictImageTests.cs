using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>Images in the three forms of body that take them.</summary>
public sealed class PredictImageTests(ApiServer server)
{
    private static readonly byte[] Good = Fixtures.Bytes("photos", "coffee_palette4.png");
    private static readonly byte[] Other = Fixtures.Bytes("photos", "exif_3.jpg");
    private static readonly byte[] Bad = Fixtures.Bytes("bad", "text.jpg");

    [Fact]
    public async Task Predict_SameImageInEachForm_GivesTheSameScores()
    {
        var model = await ModelAsync();

        Answer[] answers =
        [
            await server.Api.PredictAsync(model, Bodies.Raw(Good, "image/png")),
            await server.Api.PredictAsync(model, Bodies.Raw(Good, "application/octet-stream")),
            await server.Api.PredictAsync(model, Bodies.Files(Good)),
            await server.Api.PredictAsync(model, Bodies.Images(Good)),
        ];

        var first = answers[0].Prediction().GetProperty("probabilities").Floats();
        Assert.All(answers, answer => Assert.Equal(first, answer.Prediction().GetProperty("probabilities").Floats()));
    }

    [Fact]
    public async Task Predict_AnImage_AnswersWithScoresAndTiming()
    {
        var model = await ModelAsync();

        var body = (await server.Api.PredictAsync(model, Bodies.Raw(Good, "image/png"))).Ok();

        Assert.Equal(model, body.GetProperty("model").GetString());
        Assert.Equal(1, body.GetProperty("version").GetInt32());
        Assert.Equal("random", body.GetProperty("weights").GetString());
        var prediction = Assert.Single(body.GetProperty("predictions").EnumerateArray());
        var probabilities = prediction.GetProperty("probabilities").Floats();
        Assert.Equal(4, probabilities.Length);

        // Each is rounded to float32.
        Assert.Equal(1, probabilities.Sum(), 1e-6f);
        var top = prediction.GetProperty("top").EnumerateArray().ToList();
        Assert.Equal(
            probabilities
                .Select((probability, index) => (index, probability))
                .OrderByDescending(pair => pair.probability),
            top.Select(item =>
                (item.GetProperty("class_index").GetInt32(), item.GetProperty("probability").GetSingle())
            )
        );
        Assert.All(top, item => Assert.False(item.TryGetProperty("label", out _)));
        Assert.False(prediction.TryGetProperty("logits", out _));
        Assert.False(prediction.TryGetProperty("error", out _));
        var timing = body.GetProperty("timing_ms");
        Assert.All(
            new[] { "decode", "queue", "inference" },
            name => Assert.True(timing.GetProperty(name).GetDouble() >= 0)
        );
        Assert.Equal(1, timing.GetProperty("batch_size").GetInt32());
    }

    [Fact]
    public async Task Predict_BadImageAmongGoodOnes_FailsAlone()
    {
        var model = await ModelAsync();
        var expected = await Task.WhenAll(
            new[] { Good, Other }.Select(async image =>
                (await server.Api.PredictAsync(model, Bodies.Raw(image, "image/png")))
                    .Prediction()
                    .GetProperty("probabilities")
                    .Floats()
            )
        );

        var body = (await server.Api.PredictAsync(model, Bodies.Images(Good, Bad, Other, Bad))).Ok();

        var predictions = body.GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal(4, predictions.Count);
        Numbers.AssertNear(expected[0], predictions[0].GetProperty("probabilities").Floats(), 1e-5);
        Numbers.AssertNear(expected[1], predictions[2].GetProperty("probabilities").Floats(), 1e-5);
        Assert.All(
            new[] { predictions[1], predictions[3] },
            prediction =>
            {
                Assert.Equal("error", Assert.Single(prediction.EnumerateObject()).Name);
                Assert.Equal("image_undecodable", prediction.GetProperty("error").GetProperty("code").GetString());
                Assert.NotEqual("", prediction.GetProperty("error").GetProperty("detail").GetString());
            }
        );
        Assert.Equal(2, body.GetProperty("timing_ms").GetProperty("batch_size").GetInt32());
    }

    [Fact]
    public async Task Predict_OnlyBadImages_IsRefusedAndSaysOfEachWhy()
    {
        var model = await ModelAsync();

        var answer = await server.Api.PredictAsync(model, Bodies.Files(Bad, Fixtures.Bytes("bad", "truncated.png")));

        answer.Problem(422, "image_undecodable", "/images/0", "/images/1");
    }

    [Fact]
    public async Task Predict_OnlyImagesThatAreTooLarge_IsTooLarge()
    {
        var model = await ModelAsync();
        var bomb = Fixtures.Bytes("bad", "huge_header.png");

        var answer = await server.Api.PredictAsync(model, Bodies.Images(bomb, bomb));

        answer.Problem(413, "image_too_large", "/images/0", "/images/1");
    }

    [Fact]
    public async Task Predict_ImagesThatAreTooLargeTogether_AreRefusedUndecoded()
    {
        await using var small = new ApiServer
        {
            Settings = new Dictionary<string, string> { ["ModelService:Imaging:MaxRequestPixels"] = "3000000" },
        };
        await small.Api.CreateAsync(Networks.Tiny("small"));
        var photo = Fixtures.Bytes("photos", "rocket.jpg"); // 640x427 pixels

        var allowed = await small.Api.PredictAsync("small", Bodies.Files(Enumerable.Repeat(photo, 10)));

        // The one that is damaged would be answered by itself if the others were decoded.
        var refused = await small.Api.PredictAsync("small", Bodies.Files(Enumerable.Repeat(photo, 11).Append(Bad)));

        Assert.Equal(10, allowed.Ok().GetProperty("predictions").GetArrayLength());
        Assert.StartsWith(
            "The 12 pictures have 3,006,080 pixels together; at most 3,000,000 are allowed",
            refused.Problem(413, "image_too_large").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("application/octet-stream")]
    [InlineData("application/json")]
    public async Task Predict_EmptyBody_IsMalformed(string contentType)
    {
        var answer = await server.Api.PredictAsync(await ModelAsync(), Bodies.Raw([], contentType));

        answer.Problem(400, "malformed_request");
    }

    [Fact]
    public async Task Predict_UnknownModel_IsNotFoundInEveryForm()
    {
        Answer[] answers =
        [
            await server.Api.PredictAsync("no-such", Bodies.Raw(Good, "image/png")),
            await server.Api.PredictAsync("no-such", Bodies.Files(Good)),
            await server.Api.PredictAsync("no-such", Bodies.Images(Good)),
            await server.Api.PredictAsync("no-such", Networks.InputJson()),
        ];

        Assert.All(answers, answer => answer.Problem(404, "model_not_found"));
    }

    private Task<string> ModelAsync() => server.Api.EnsureAsync(Networks.Tiny("predict-image"));
}
