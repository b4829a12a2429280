using System.Diagnostics;
using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Cluster;

/// <summary>Servers that share a database change a default version together, when enough of them are ready.</summary>
[Trait("Category", "Attack")]
public sealed class RolloutTests(PostgresServer postgres)
{
    private const string Forever = "01:00:00";

    [Theory]
    [InlineData("all", Forever, 1)] // the one that is ready waits for the other
    [InlineData("all", "00:00:01", 2)] // not for long
    [InlineData("1", Forever, 2)] // one is enough
    public async Task Pin_VersionThatAServerCanNotLoadYet_IsDoneWhenEnoughAreReady(
        string ready,
        string limit,
        int first
    )
    {
        using var replicas = new Replicas(
            postgres.CreateDatabase(),
            "--ModelService:Storage:Load=on_demand",
            $"--ModelService:Rollout:Ready={ready}",
            $"--ModelService:Rollout:Limit={limit}"
        );
        await replicas.StartAsync(2);
        await replicas[0].Api.CreateAsync(Networks.Tiny("pets"));
        await PinAsync(replicas[0], 1);
        Assert.Equal(1, await DefaultAsync(replicas[1]));
        (await replicas[0].Api.PostAsync("/v1/models/pets/versions", """{"num_classes":5}""")).Ok(201);

        var away = $"{replicas.Blobs}-away";
        Directory.Move(replicas.Blobs, away);
        Task pin;
        try
        {
            pin = PinAsync(replicas[0], 2);
            await Eventually.GetAsync(
                () => ReadAsync(replicas[1]),
                model => Rollout(model) is { } rollout && rollout.GetProperty("wanted").GetInt32() == 2
            );
            if (first == 1)
            {
                var rollout = Rollout(
                    await Eventually.GetAsync(() => ReadAsync(replicas[0]), model => Rollout(model) is not null)
                )!.Value;
                Assert.Equal((1, 2), (rollout.GetProperty("ready").GetInt32(), rollout.GetProperty("of").GetInt32()));
            }

            await Eventually.GetAsync(() => DefaultAsync(replicas[0]), version => version == first);
            Assert.Equal(1, await DefaultAsync(replicas[1]));
            Assert.Equal(first == 1 ? 1 : 0, await MetricAsync(replicas[0], "modelservice_rollouts"));
            Assert.Equal(limit == Forever ? 0 : 1, await MetricAsync(replicas[0], "modelservice_rollouts_late_total"));
        }
        finally
        {
            Directory.Move(away, replicas.Blobs);
        }

        var switched = await Task.WhenAll(replicas.Servers.Select(SwitchedAsync));
        await pin;
        foreach (var server in replicas.Servers)
        {
            Assert.Null(Rollout(await ReadAsync(server)));
            Assert.Equal(2, await DefaultAsync(server));
        }

        var apart = Stopwatch.GetElapsedTime(switched.Min(), switched.Max());
        TestContext.Current.TestOutputHelper?.WriteLine($"Switched {apart.TotalMilliseconds:f0} ms apart");
    }

    [Fact]
    public async Task Changes_OfVersionsThatAllHave_AnswerEverywhereWhenTheyAreAnswered()
    {
        using var replicas = new Replicas(postgres.CreateDatabase());
        await replicas.StartAsync(3);
        await replicas[0].Api.CreateAsync(Networks.Tiny("pets"));
        (await replicas[0].Api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Ok(201);
        foreach (var server in replicas.Servers)
            (await server.Api.PredictAsync("pets/versions/1", Networks.InputJson())).Ok();

        List<double> took = [];
        foreach (var version in new[] { 1, 2, 1, 2 })
        {
            var started = Stopwatch.GetTimestamp();
            await PinAsync(replicas[version], version);
            foreach (var server in replicas.Servers)
                await Eventually.GetAsync(() => DefaultAsync(server), found => found == version);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Pins took {string.Join(", ", took.Select(ms => $"{ms:f0}"))} ms"
        );
    }

    private static Task<Answer> PinAsync(ServerProcess server, int version) =>
        server.Api.SendAsync(HttpMethod.Patch, "/v1/models/pets", Bodies.Json($$"""{"default_version":{{version}}}"""));

    private static async Task<int> DefaultAsync(ServerProcess server) =>
        (await server.Api.PredictAsync("pets", Networks.InputJson())).Ok().GetProperty("version").GetInt32();

    private static async Task<JsonElement> ReadAsync(ServerProcess server) =>
        (await server.Api.GetAsync("/v1/models/pets")).Ok();

    private static JsonElement? Rollout(JsonElement model) =>
        model.TryGetProperty("rollout", out var rollout) ? rollout : null;

    // When a server answers by version 2 for the first time.
    private static async Task<long> SwitchedAsync(ServerProcess server)
    {
        await Eventually.GetAsync(() => DefaultAsync(server), version => version == 2);
        return Stopwatch.GetTimestamp();
    }

    private static async Task<long> MetricAsync(ServerProcess server, string name)
    {
        var line = (await server.Api.GetAsync("/metrics"))
            .Text.Split('\n')
            .Single(line => line.StartsWith($"{name}{{", StringComparison.Ordinal));
        return long.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
