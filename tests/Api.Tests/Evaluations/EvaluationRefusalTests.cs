using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Evaluations;

/// <summary>Evaluations that can't be, by HTTP.</summary>
public sealed class EvaluationRefusalTests(ApiServer server)
{
    private const string Labels = """ "labels":["cat","dog","horse","cow"] """;

    private readonly EvaluationClient client = new(server.Api);
    private readonly string name = $"refused-{Guid.NewGuid():N}";

    [Fact]
    public async Task Start_UnknownLabels_AreNamedWithWhatFits()
    {
        await server.Api.CreateAsync(Networks.Tiny(name, Labels));
        await client.UploadAsync(name, ("cat", 1), ("Dogg", 1), ("zebra", 1));

        var problem = (
            await server.Api.PostAsync(EvaluationClient.PathOf(name), $$"""{"dataset":"{{name}}"}""")
        ).Problem(422, "labels_unknown", "/dataset", "/dataset");

        var details = problem
            .GetProperty("errors")
            .EnumerateArray()
            .Select(error => error.GetProperty("detail").GetString()!);
        Assert.Contains(details, detail => detail.Contains("'Dogg' (did you mean 'dog'?)", StringComparison.Ordinal));
        Assert.Contains(details, detail => detail.Contains("'zebra'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_LabelOfSeveralClasses_IsNamedWithThem()
    {
        await server.Api.CreateAsync(Networks.Tiny(name, """ "labels":["crane","dog","crane","cow"] """));
        await client.UploadAsync(name, ("crane", 1), ("dog", 1));

        var problem = (
            await server.Api.PostAsync(EvaluationClient.PathOf(name), $$"""{"dataset":"{{name}}"}""")
        ).Problem(422, "labels_unknown", "/dataset");

        Assert.Contains("The classes 0, 2 of", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WrongRequests_SaySo()
    {
        await server.Api.CreateAsync(Networks.Tiny(name, Labels));
        await client.UploadAsync(name, ("train/cat", 1));
        var path = EvaluationClient.PathOf(name);

        (await server.Api.PostAsync(path, $$"""{"dataset":"{{name}}","split":"test"}""")).Problem(422, "split_empty");
        (await server.Api.PostAsync(path, $$"""{"dataset":"{{name}}","revision":9}""")).Problem(
            404,
            "dataset_not_found"
        );
        (await server.Api.PostAsync(path, """{"dataset":"none"}""")).Problem(404, "dataset_not_found");
        (await server.Api.PostAsync(path, "{}")).Problem(400, "malformed_request", "/dataset");
        (await server.Api.PostAsync(path, """{"dataset":"a","splitt":"test"}""")).Problem(
            400,
            "malformed_request",
            "/splitt"
        );
        (await server.Api.PostAsync(path, """{"dataset":"a","split":"tests"}""")).Problem(
            400,
            "malformed_request",
            "/split"
        );
        (await server.Api.PostAsync(path, """{"dataset":"a","revision":"1"}""")).Problem(
            400,
            "malformed_request",
            "/revision"
        );
        (await server.Api.PostAsync(EvaluationClient.PathOf("none"), """{"dataset":"a"}""")).Problem(
            404,
            "model_not_found"
        );
        (await server.Api.PostAsync(EvaluationClient.PathOf(name, 7), """{"dataset":"a"}""")).Problem(
            404,
            "version_not_found"
        );
        (await server.Api.GetAsync($"{path}/none")).Problem(404, "evaluation_not_found");
    }

    [Fact]
    public async Task Start_EmptySet_SaysSo()
    {
        await server.Api.CreateAsync(Networks.Tiny(name, Labels));
        (await server.Api.PostAsync("/v1/datasets", $$"""{"name":"{{name}}"}""")).Ok(201);

        (await server.Api.PostAsync(EvaluationClient.PathOf(name), $$"""{"dataset":"{{name}}"}""")).Problem(
            422,
            "split_empty"
        );
    }
}
