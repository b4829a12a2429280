using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Execution;

/// <summary>Many clients at once.</summary>
[Collection(nameof(Alone))]
public sealed class ConcurrencyTests(ApiServer server)
{
    private const int Clients = 50;

    [Fact]
    public async Task Predict_FiftyClientsAtOnce_EachGetsTheAnswerItGetsAlone()
    {
        await server.Api.CreateAsync(Networks.Lesson("crowded"));
        var images = Enumerable.Range(0, Clients).Select(seed => Bodies.RandomBmp(seed)).ToList();
        var alone = new List<float[]>();
        foreach (var image in images)
            alone.Add(await LogitsAsync(image));

        var together = await Task.WhenAll(images.Select(LogitsAsync));

        Assert.Equal(Clients, alone.Select(logits => string.Join(' ', logits)).Distinct().Count());

        // Alone or in any batch: the same within 1e-5, as the design page promises.
        for (var i = 0; i < Clients; i++)
            Numbers.AssertNear(alone[i], together[i], 1e-5);
        await server.Api.RemoveAsync("crowded");
    }

    [Fact]
    public async Task Predict_ImagesInOneRequest_EachGetsTheAnswerItGetsAlone()
    {
        await server.Api.CreateAsync(Networks.Lesson("crowded"));
        var images = Enumerable.Range(0, 32).Select(seed => Bodies.RandomBmp(seed)).ToList();
        var alone = new List<float[]>();
        foreach (var image in images)
            alone.Add(await LogitsAsync(image));

        var together = (await server.Api.PredictAsync("crowded", Bodies.Files(images), "?scores=logits"))
            .Ok()
            .GetProperty("predictions");

        for (var i = 0; i < images.Count; i++)
            Numbers.AssertNear(alone[i], together[i].GetProperty("logits").Floats(), 1e-5);
        await server.Api.RemoveAsync("crowded");
    }

    [Fact]
    public async Task Send_CreateDeleteAndPredictOfOneNameAtOnce_GivesOnlyDocumentedAnswers()
    {
        var rounds = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(client => Task.Run(() => RoundsAsync(TestSeed.Generator(client))))
        );

        var answers = rounds.SelectMany(answer => answer).ToList();
        Assert.All(
            answers,
            answer =>
                Assert.Contains(
                    (answer.Verb, answer.Answer.Status),
                    new[]
                    {
                        ("create", 201),
                        ("create", 409),
                        ("delete", 200),
                        ("delete", 404),
                        ("delete", 503),
                        ("predict", 200),
                        ("predict", 404),
                        ("predict", 503),
                    }
                )
        );
        Assert.All(
            answers.Where(answer => answer.Answer.Status == 503),
            answer => answer.Answer.Problem(503, "model_not_ready")
        );
        Assert.Contains(answers, answer => answer is { Verb: "predict", Answer.Status: 200 });
        Assert.Contains(answers, answer => answer is { Verb: "delete", Answer.Status: 200 });

        // Every model that came either went or is there: never stuck between.
        var came = answers.Count(answer => answer is { Verb: "create", Answer.Status: 201 });
        var went = answers.Count(answer => answer is { Verb: "delete", Answer.Status: 200 });
        var last = (await server.Api.DeleteAsync("/v1/models/fought-over")).Status;
        Assert.Equal(came - went == 1 ? 200 : 404, last);
        Assert.InRange(came - went, 0, 1);
        await server.Api.CreateAsync(Networks.Tiny("fought-over"));
        await server.Api.RemoveAsync("fought-over");
    }

    private async Task<float[]> LogitsAsync(byte[] image) =>
        (await server.Api.PredictAsync("crowded", Bodies.Raw(image, "image/bmp"), "?scores=logits"))
            .Prediction()
            .GetProperty("logits")
            .Floats();

    private async Task<List<(string Verb, Answer Answer)>> RoundsAsync(Random random)
    {
        var answers = new List<(string, Answer)>();
        for (var round = 0; round < 30; round++)
        {
            answers.Add(
                random.Next(4) switch
                {
                    0 => ("create", await server.Api.PostAsync("/v1/models", Networks.Tiny("fought-over"))),
                    1 => ("delete", await server.Api.DeleteAsync("/v1/models/fought-over")),
                    _ => ("predict", await server.Api.PredictAsync("fought-over", Networks.InputJson(round))),
                }
            );
        }

        return answers;
    }
}
