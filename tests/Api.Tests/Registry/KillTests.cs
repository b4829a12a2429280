using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

/// <summary>
/// The server is killed while clients create, update and delete models; what was acknowledged must be there after the
/// next start. The suite kills it a few times; more often, with these variables:
/// <code>KILLS=50 TEST_TIMEOUT=3600 dotnet test --project tests/Api.Tests --filter-class '*.KillTests'</code>
/// </summary>
[Collection(nameof(Alone))]
public sealed class KillTests : IDisposable
{
    private const int Clients = 3;

    private readonly TemporaryFolder data = new();
    private readonly int kills = int.TryParse(Environment.GetEnvironmentVariable("KILLS"), out var count) ? count : 5;

    // What each client knows: the versions of its model with their scores. A change without an answer may have happened
    // or not.
    private readonly Known[] clients = [.. Enumerable.Range(0, Clients).Select(index => new Known($"model-{index}"))];
    private readonly SemaphoreSlim changed = new(0);
    private int answered;

    public void Dispose()
    {
        data.Dispose();
        changed.Dispose();
    }

    [Fact]
    public async Task Kill_WhileModelsChange_LosesNothingThatWasAcknowledged()
    {
        var random = TestSeed.Generator();
        for (var kill = 0; kill < kills; kill++)
        {
            using var server = await ServerProcess.StartAsync(data.Path);
            await CheckAsync(server);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var work = clients
                .Select(
                    (client, index) =>
                        Task.Run(
                            () => ChangeAsync(server, client, TestSeed.Generator((kill * Clients) + index), over.Token),
                            TestContext.Current.CancellationToken
                        )
                )
                .ToList();

            // Time is what the test is about: the kill comes at a random moment, mostly after some changes.
            for (var changes = random.Next(12); changes > 0 && !work.TrueForAll(task => task.IsCompleted); changes--)
                await changed.WaitAsync(TestContext.Current.CancellationToken);
            await Task.Delay(random.Next(100), TestContext.Current.CancellationToken);
            await over.CancelAsync();
            await server.KillAsync();
            await Task.WhenAll(work);
        }

        using var last = await ServerProcess.StartAsync(data.Path);
        await CheckAsync(last);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(data.Path, ".staging")));
        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, {answered} changes acknowledged");
        Assert.True(answered > kills, $"Only {answered} changes were acknowledged.");
    }

    private async Task ChangeAsync(ServerProcess server, Known model, Random random, CancellationToken over)
    {
        try
        {
            while (!over.IsCancellationRequested)
            {
                if (model.Versions.Count == 0)
                {
                    await CreateAsync(
                        server,
                        model,
                        "/v1/models",
                        Networks.Tiny(model.Name, $"\"seed\":{random.Next()}"),
                        1
                    );
                }
                else if (random.Next(4) == 0)
                {
                    await DeleteAsync(server, model);
                }
                else if (random.Next(4) == 0 && model.Versions.Count > 1)
                {
                    await DeleteAsync(server, model, model.Versions.Keys.Min());
                }
                else
                {
                    await CreateAsync(server, model, $"/v1/models/{model.Name}/versions", NewNetwork(random), null);
                }
            }
        }
        catch (HttpRequestException)
        {
            // Killed: what was asked for last is left open.
        }
    }

    // A layer of another name takes nothing from the version before, so that each version has scores of its own.
    private static string NewNetwork(Random random)
    {
        var architecture = Networks.TinyArchitecture.Replace(
            "\"out_features\":4",
            $"\"out_features\":4,\"name\":\"n{random.Next()}\"",
            StringComparison.Ordinal
        );
        return $$"""{"architecture":{{architecture}},"seed":{{random.Next()}}}""";
    }

    private async Task CreateAsync(ServerProcess server, Known model, string path, string json, int? version)
    {
        model.Open = version is null ? "version" : "model";
        var created = (await server.Api.PostAsync(path, json)).Ok(201).GetProperty("version").GetInt32();
        model.Versions[created] = null;
        model.Open = null;
        Answered();
        model.Versions[created] = await ScoresAsync(server, model.Name, created);
    }

    private async Task DeleteAsync(ServerProcess server, Known model, int? version = null)
    {
        model.Open = version is null ? "delete" : $"delete {version}";
        (
            await server.Api.DeleteAsync($"/v1/models/{model.Name}" + (version is null ? "" : $"/versions/{version}"))
        ).Ok();
        if (version is { } one)
            model.Versions.Remove(one);
        else
            model.Versions.Clear();
        model.Open = null;
        Answered();
    }

    private void Answered()
    {
        Interlocked.Increment(ref answered);
        changed.Release();
    }

    private async Task CheckAsync(ServerProcess server)
    {
        foreach (var model in clients)
        {
            var answer = await server.Api.GetAsync($"/v1/models/{model.Name}");
            if (answer.Status == 404)
            {
                Assert.True(model.Versions.Count == 0 || model.Open == "delete", $"{model.Name} is lost.");
                model.Open = null;
                model.Versions.Clear();
                continue;
            }

            var found = answer
                .Ok()
                .GetProperty("versions")
                .EnumerateArray()
                .ToDictionary(item => item.GetProperty("version").GetInt32());
            Assert.All(found.Values, item => Assert.NotEqual("failed", item.GetProperty("state").GetString()));
            foreach (var (version, scores) in model.Versions.ToList())
            {
                if (!found.ContainsKey(version) && model.Open == $"delete {version}")
                    model.Versions.Remove(version);
                else
                    Assert.True(found.ContainsKey(version), $"{model.Name}@{version} is lost.");
            }

            // What nobody was told of is at most what was left open, and whole.
            var more = found.Keys.Except(model.Versions.Keys).ToList();
            Assert.True(
                more.Count == 0 || (more.Count == 1 && model.Open is "version" or "model"),
                $"{model.Name} has versions {string.Join(", ", more)} that nobody made."
            );
            model.Open = null;
            foreach (var version in found.Keys)
            {
                var scores = await ScoresAsync(server, model.Name, version);
                if (model.Versions.GetValueOrDefault(version) is { } known)
                    Assert.Equal(known, scores);
                model.Versions[version] = scores;
            }
        }
    }

    private static async Task<float[]> ScoresAsync(ServerProcess server, string model, int version) =>
        (await server.Api.PredictAsync($"{model}/versions/{version}", Networks.InputJson(), "?scores=logits"))
            .Prediction()
            .GetProperty("logits")
            .Floats();

    private sealed class Known(string name)
    {
        public string Name { get; } = name;

        public SortedDictionary<int, float[]?> Versions { get; } = [];

        public string? Open { get; set; }
    }
}
