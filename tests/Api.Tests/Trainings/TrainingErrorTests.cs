using ModelService.Api.Tests.Support;
using static ModelService.Api.Tests.Trainings.TrainingServer;

namespace ModelService.Api.Tests.Trainings;

/// <summary>Trainings that can't be: each with a code, a place and a sentence.</summary>
[Waits]
public sealed class TrainingErrorTests(TrainingServer server) : IClassFixture<TrainingServer>
{
    [Theory]
    [InlineData("""{ "dataset": "none" }""", 404, "dataset_not_found", "")]
    [InlineData("""{ "dataset": "ok", "revision": 99 }""", 404, "dataset_not_found", "")]
    [InlineData("""{ }""", 422, "definition_invalid", "")]
    [InlineData("""{ "dataset": "ok", "methd": "head" }""", 422, "definition_invalid", "/methd")]
    [InlineData("""{ "dataset": "ok", "method": "heads" }""", 422, "definition_invalid", "/method")]
    [InlineData("""{ "dataset": "ok", "budget": { "seconds": 0 } }""", 422, "definition_invalid", "/budget/seconds")]
    [InlineData("""{ "dataset": "ok", "budget": { "epochs": 0 } }""", 422, "definition_invalid", "/budget/epochs")]
    [InlineData("""{ "dataset": "ok", "budget": { "seconds": 1e7 } }""", 422, "definition_invalid", "/budget/seconds")]
    [InlineData(
        """{ "dataset": "ok", "optimizer": { "type": "sgd", "lr": 1e9 } }""",
        422,
        "definition_invalid",
        "/optimizer/lr"
    )]
    [InlineData("""{ "dataset": "ok", "from": { } }""", 422, "definition_invalid", "/from")]
    [InlineData("""{ "dataset": "ok", "from": { "base": "resnet19" } }""", 422, "definition_invalid", "/from/base")]
    [InlineData("""{ "dataset": "ok", "from": { "version": 1 } }""", 404, "model_not_found", "")]
    [InlineData("""{ "dataset": "ok", "split": { "val": 0.6, "test": 0.5 } }""", 422, "definition_invalid", "/split")]
    public async Task Start_BadRequest_SaysWhatAndWhere(string body, int status, string code, string pointer)
    {
        await server.UploadAsync("ok", 4, 3, "train");

        var answer = await server.Api.PostAsync("/v1/models/new/trainings", body);

        if (pointer.Length > 0)
            answer.Problem(status, code, pointer);
        else
            answer.Problem(status, code);
    }

    [Fact]
    public async Task Start_NetworkThatDoesNotFit_SaysWhy()
    {
        await server.UploadAsync("ok", 4, 3, "train");

        var classes = await server.Api.PostAsync("/v1/models/new/trainings", Scratch("ok", 1));
        var series = await server.Api.PostAsync(
            "/v1/models/new/trainings",
            """
            { "dataset": "ok", "from": { "architecture": { "input": { "shape": [3, 20] }, "layers": [
              { "type": "flatten" }, { "type": "linear", "out_features": 3 }] } } }
            """
        );

        Assert.Contains(
            "3 classes",
            classes.Problem(422, "definition_invalid", "/dataset").ToString(),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "photos",
            series.Problem(422, "definition_invalid", "/from").ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Start_ModelWithTwoClassesOfOneLabel_SaysWhich()
    {
        await server.UploadAsync("ok", 4, 3, "train");
        await server.Api.CreateAsync(
            Networks.Tiny(
                "cranes",
                """
                "seed":1,"labels":["0","1","2","0"]
                """
            )
        );

        var answer = await server.Api.PostAsync("/v1/models/cranes/trainings", """{ "dataset": "ok" }""");

        Assert.Contains(
            "The classes 0, 3 of the model 'cranes' are all called '0'",
            answer.Problem(422, "labels_unknown", "/dataset").ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Start_OneClass_IsUnsuitable()
    {
        await server.UploadAsync("one", 4, 1, "train");

        var answer = await server.Api.PostAsync("/v1/models/new/trainings", """{ "dataset": "one" }""");

        answer.Problem(422, "dataset_unsuitable");
    }

    [Fact]
    public async Task Start_EmptySet_IsUnsuitable()
    {
        (await server.Api.PostAsync("/v1/datasets", """{ "name": "empty", "classes": ["a", "b"] }""")).Ok(201);

        var answer = await server.Api.PostAsync("/v1/models/new/trainings", """{ "dataset": "empty" }""");

        answer.Problem(422, "dataset_unsuitable");
    }

    [Fact]
    public async Task Run_AbsurdLearningRate_SaysThatItDivergedAndPromotesNothing()
    {
        await server.UploadAsync("diverging", 20, 10, "train");

        var run = await server.WaitAsync(
            await server.StartAsync(
                "diverged",
                Scratch("diverging", 30, """, "optimizer": { "type": "sgd", "lr": 100, "momentum": 0.99 }""")
            )
        );

        Assert.Contains("diverged", run.ToString(), StringComparison.Ordinal);
        Assert.False(run.TryGetProperty("promoted", out var promoted) && promoted.GetBoolean(), run.ToString());
    }

    [Fact]
    public async Task Run_DataSetDeletedWhileItWaits_FailsWithASentence()
    {
        await server.UploadAsync("kept", 30, 10, "train");
        await server.UploadAsync("deleted", 4, 10, "train");
        var first = await server.StartAsync("blocking", Scratch("kept", 100_000));
        var second = await server.StartAsync("orphan", Scratch("deleted", 1));
        (await server.Api.DeleteAsync("/v1/datasets/deleted")).Ok();
        (await server.Api.PostAsync($"{first}/cancel", Bodies.Json(""))).Ok();

        var run = await server.WaitAsync(second);

        Assert.Equal("failed", run.GetProperty("state").GetString());
        Assert.Contains("was deleted", run.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }
}
