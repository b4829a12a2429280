using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

public sealed class MemoryTests
{
    // Room for two of the models and not for three.
    private const string Network = """
        {"input":{"channels":3,"height":32,"width":32},
          "layers":[{"type":"flatten"},{"type":"linear","out_features":256},{"type":"linear","out_features":4}]}
        """;
    private const string Budget = "14000000";

    [Fact]
    public async Task Create_PastTheBudget_UnloadsTheOneThatWasUsedLongestAgoUntilItsNextRequest()
    {
        await using var server = Server();
        foreach (var name in new[] { "a", "b" })
            await server.Api.CreateAsync(Networks.Model(name, Network));
        (await server.Api.PredictAsync("a", Networks.InputJson())).Ok();
        var before = (await server.Api.PredictAsync("b", Networks.InputJson(1)))
            .Prediction()
            .GetProperty("probabilities");
        (await server.Api.PredictAsync("a", Networks.InputJson())).Ok();

        await server.Api.CreateAsync(Networks.Model("c", Network));
        var states = await StatesAsync(server);
        var again = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => server.Api.PredictAsync("b", Networks.InputJson(1)))
        );

        Assert.Equal(["a ready", "b unloaded", "c ready"], states);
        Assert.All(
            again,
            answer =>
                Numbers.AssertNear(before.Floats(), answer.Prediction().GetProperty("probabilities").Floats(), 1e-5)
        );

        // Together, batches round otherwise; alone, it is what it was before it was unloaded, to the last digit.
        Assert.Equal(
            before.GetRawText(),
            (await server.Api.PredictAsync("b", Networks.InputJson(1)))
                .Prediction()
                .GetProperty("probabilities")
                .GetRawText()
        );
        Assert.Equal(["a unloaded", "b ready", "c ready"], await StatesAsync(server));
    }

    [Fact]
    public async Task Create_PastTheBudgetWhereAllIsPinned_IsOutOfMemoryWithTheNumbers()
    {
        await using var server = Server();
        foreach (var name in new[] { "a", "b" })
        {
            await server.Api.CreateAsync(Networks.Model(name, Network));
            (
                await server.Api.SendAsync(
                    HttpMethod.Patch,
                    $"/v1/models/{name}",
                    Bodies.Json("""{"default_version":1}""")
                )
            ).Ok();
        }

        var detail = (await server.Api.PostAsync("/v1/models", Networks.Model("c", Network)))
            .Problem(503, "out_of_memory")
            .GetProperty("detail")
            .GetString()!;

        Assert.Contains(Budget, detail, StringComparison.Ordinal);
        (await server.Api.GetAsync("/v1/models/c")).Problem(404, "model_not_found");
        await server.Api.RemoveAsync("a");
        await server.Api.CreateAsync(Networks.Model("c", Network));
    }

    [Fact]
    public async Task Create_LargerThanTheWholeBudget_IsAnErrorOfTheDefinitionThatNoWaitingMends()
    {
        await using var server = new ApiServer { Settings = { ["ModelService:Memory:Budget"] = "1048576" } };

        var answer = await server.Api.PostAsync("/v1/models", Networks.Model("large", Network));

        Assert.Contains(
            "the budget for all models is 1048576 bytes",
            answer.Problem(422, "definition_invalid").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        Assert.Null(answer.RetryAfter);
        (await server.Api.GetAsync("/v1/models/large")).Problem(404, "model_not_found");
    }

    [Fact]
    public async Task Predict_LoadLongerThanTheWait_IsNotReadyAndTheLoadGoesOn()
    {
        await using var server = Server(("ModelService:Memory:LoadWait", "00:00:00"));
        foreach (var name in new[] { "a", "b", "c" })
            await server.Api.CreateAsync(Networks.Model(name, Network));

        var refused = await server.Api.PredictAsync("a", Networks.InputJson());
        var answer = await Eventually.GetAsync(
            () => server.Api.PredictAsync("a", Networks.InputJson()),
            answer => answer.Status != 503
        );

        refused.Problem(503, "model_not_ready");
        answer.Ok();
    }

    private static ApiServer Server(params (string Key, string Value)[] settings) =>
        new()
        {
            Settings = settings
                .Append(("ModelService:Memory:Budget", Budget))
                .ToDictionary(pair => pair.Item1, pair => pair.Item2),
        };

    private static async Task<IReadOnlyList<string>> StatesAsync(ApiServer server) =>
        [
            .. (await server.Api.GetAsync("/v1/models"))
                .Ok()
                .GetProperty("models")
                .EnumerateArray()
                .Select(model => $"{model.GetProperty("name")} {model.GetProperty("state")}"),
        ];
}
