using System.Diagnostics;
using ModelService.Api.Tests.Embedding;
using ModelService.Api.Tests.Support;
using ModelService.Api.Tests.Telemetry;

namespace ModelService.Api.Tests.Cluster;

/// <summary>Servers that share a database serve the same, and serve on without it.</summary>
[Trait("Category", "Attack")]
[Collection(nameof(Alone))]
public sealed class ReplicasTests(PostgresServer postgres)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_ThroughAnyServer_AreServedByAllWithoutAFailedRequest()
    {
        using var replicas = new Replicas(postgres.CreateDatabase(), "--ModelService:Compute:Trial=true");
        await replicas.StartAsync(3);
        await replicas[0].Api.CreateAsync(Networks.Tiny("pets"));

        // Whoever made a change sees it everywhere.
        foreach (var server in replicas.Servers)
            Assert.Equal(1, await DefaultAsync(server));
        (await replicas[1].Api.PostAsync("/v1/models", Networks.Tiny("pets"))).Problem(409, "model_exists");

        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var traffic = replicas.Servers.Select(server => PredictAsync(server, over)).ToList();
        (await replicas[1].Api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Ok(201);
        await ReachAsync("a new version", replicas, 2);
        await PinAsync(replicas[2], "1");
        await ReachAsync("a rollback", replicas, 1);
        await PinAsync(replicas[0], "\"newest\"");
        await ReachAsync("no pin", replicas, 2);
        (await replicas[0].Api.DeleteAsync("/v1/models/pets/versions/2")).Ok();
        foreach (var server in replicas.Servers)
        {
            Assert.Equal(1, await DefaultAsync(server));
            (await server.Api.GetAsync("/v1/models/pets/versions/2")).Problem(404, "version_not_found");
        }

        await over.CancelAsync();
        var predictions = (await Task.WhenAll(traffic)).Sum();
        TestContext.Current.TestOutputHelper?.WriteLine($"{predictions} predictions meanwhile, none failed");

        // A server that starts late has the same state, and numbers are not used twice.
        await replicas.StartAsync(1);
        Assert.Equal(1, await DefaultAsync(replicas[3]));
        var versions = await Task.WhenAll(
            replicas.Servers.Select(server => server.Api.PostAsync("/v1/models/pets/versions", """{"seed":3}"""))
        );
        Assert.Equal(
            [3, 4, 5, 6],
            versions.Select(version => version.Ok(201).GetProperty("version").GetInt32()).Order()
        );
        await replicas[3].Api.RemoveAsync("pets");
        foreach (var server in replicas.Servers)
            (await server.Api.GetAsync("/v1/models/pets")).Problem(404, "model_not_found");
    }

    [Fact]
    public async Task Database_Away_ServesOnAndRefusesChangesUntilItIsBack()
    {
        using var own = new PostgresServer();
        using var replicas = new Replicas(own.CreateDatabase());
        await replicas.StartWithAddressesAsync(1);
        var api = replicas[0].Api;
        await api.CreateAsync(Networks.Tiny("pets"));
        (await api.PostAsync("/v1/models/pets/versions/1/unload", "")).Ok();

        own.Stop();

        // It comes from the cache.
        (await api.PostAsync("/v1/models/pets/versions/1/load", "")).Ok();
        (await api.PredictAsync("pets", Networks.InputJson())).Ok();
        (await api.PostAsync("/v1/models", Networks.Tiny("dogs"))).Problem(503, "storage_unavailable");
        (await api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Problem(503, "storage_unavailable");
        (await api.DeleteAsync("/v1/models/pets")).Problem(503, "storage_unavailable");
        var ready = (await api.GetAsync("/health/ready")).Ok();
        Assert.Equal("degraded", ready.GetProperty("status").GetString());
        Assert.Contains("database", ready.GetProperty("reasons")[0].GetString(), StringComparison.Ordinal);

        own.Start();
        var started = Stopwatch.GetTimestamp();
        await Eventually.GetAsync(
            () => api.GetAsync("/health/ready"),
            answer => answer.Ok().GetProperty("status").GetString() == "ready"
        );
        TestContext.Current.TestOutputHelper?.WriteLine($"Ready {Stopwatch.GetElapsedTime(started)} after the start");
        (await api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Ok(201);
        var metrics = (await api.GetAsync("/metrics")).Text;
        Assert.Subset(
            metrics.Split('\n').Select(line => line.Split('{')[0]).ToHashSet(),
            MetricsPage
                .Rows.Values.Where(row => row is { IsOurs: true, IsRare: true })
                .Select(row => row.Name)
                .ToHashSet()
        );
        Assert.Contains("modelservice_store_revision_reached{} 2\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatHangs_HoldsUpAChangeForAWhileAndCatchesUp()
    {
        using var replicas = new Replicas(postgres.CreateDatabase());
        await replicas.StartAsync(2);
        await replicas[0].Api.CreateAsync(Networks.Tiny("pets"));
        (await replicas[0].Api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Ok(201);
        Assert.Equal(2, await DefaultAsync(replicas[1]));

        replicas.Signal(1, "-STOP");
        var started = Stopwatch.GetTimestamp();
        await PinAsync(replicas[0], "1");
        var took = Stopwatch.GetElapsedTime(started);
        await PinAsync(replicas[0], "2");
        (await replicas[0].Api.DeleteAsync("/v1/models/pets/versions/1")).Ok();
        replicas.Signal(1, "-CONT");

        TestContext.Current.TestOutputHelper?.WriteLine($"The change waited {took}");
        Assert.InRange(took, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20));
        await Eventually.GetAsync(
            () => replicas[1].Api.GetAsync("/v1/models/pets/versions/1"),
            answer => answer.Status == 404
        );
        Assert.Equal(2, await DefaultAsync(replicas[1]));
    }

    [Fact]
    public async Task Blobs_Away_ServesWhatIsInMemoryAndLoadsTheRestLater()
    {
        using var replicas = new Replicas(postgres.CreateDatabase());
        await replicas.StartAsync(2);
        await replicas[0].Api.CreateAsync(Networks.Tiny("pets"));
        foreach (var server in replicas.Servers)
            (await server.Api.PredictAsync("pets", Networks.InputJson())).Ok();
        var away = $"{replicas.Blobs}-away";
        Directory.Move(replicas.Blobs, away);
        await File.WriteAllTextAsync(replicas.Blobs, "", Token); // no folder can be made there
        try
        {
            (await replicas[0].Api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Problem(
                503,
                "storage_unavailable"
            );
            foreach (var server in replicas.Servers)
                Assert.Equal(1, await DefaultAsync(server));
        }
        finally
        {
            File.Delete(replicas.Blobs);
            Directory.Move(away, replicas.Blobs);
        }

        (await replicas[0].Api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Ok(201);
        await ReachAsync("a version after the blobs are back", replicas, 3);
    }

    [Fact]
    public async Task StorageCommands_ImportExportAndMigrate()
    {
        using var replicas = new Replicas(postgres.CreateDatabase());
        using var data = new TemporaryFolder();
        var from = Path.Combine(data.Path, "from");
        const string Photos = "/v1/datasets/digits/images";
        string photos;
        using (var server = await ServerProcess.StartAsync(from))
        {
            await server.Api.CreateAsync(Networks.Tiny("pets"));
            var digits = Bodies.Raw(Fixtures.Bytes("datasets", "digits.zip"), "application/zip");
            (await server.Api.PostAsync("/v1/datasets/digits/images", digits)).Ok(201);
            photos = (await server.Api.GetAsync(Photos)).Text;
            await server.StopAsync();
        }

        async Task<string> StorageAsync(params string[] words) =>
            await Command.SucceedAsync(
                data.Path,
                [
                    Path.Combine(AppContext.BaseDirectory, "ModelService.Api.dll"),
                    "storage",
                    .. words,
                    .. replicas.Settings,
                ]
            );
        var cache = $"--ModelService:Storage:Path={Path.Combine(data.Path, "own")}";
        var imported = await StorageAsync("import", from, cache);
        Assert.Contains("pets@1: copied", imported, StringComparison.Ordinal);
        Assert.Contains("data set digits: copied", imported, StringComparison.Ordinal);
        Assert.Contains(
            "digits: is there already",
            await StorageAsync("import", from, cache),
            StringComparison.Ordinal
        );
        await replicas.StartAsync(1);
        (await replicas[0].Api.PredictAsync("pets", Networks.InputJson())).Ok();
        Assert.Equal(photos, (await replicas[0].Api.GetAsync(Photos)).Text);

        var to = Path.Combine(data.Path, "to");
        var exported = await StorageAsync("export", to, cache);
        Assert.Contains("pets@1: copied", exported, StringComparison.Ordinal);
        Assert.Contains("data set digits: copied", exported, StringComparison.Ordinal);
        using (var server = await ServerProcess.StartAsync(to))
        {
            (await server.Api.PredictAsync("pets", Networks.InputJson())).Ok();
            Assert.Equal(photos, (await server.Api.GetAsync(Photos)).Text);
        }

        await replicas.KillAsync(0);
        Assert.Contains("is in state 0", await StorageAsync("migrate", "--to", "0"), StringComparison.Ordinal);
        Assert.Contains("was in state 0", await StorageAsync("migrate"), StringComparison.Ordinal);
        var (exitCode, output) = await Command.RunAsync(
            data.Path,
            Path.Combine(AppContext.BaseDirectory, "ModelService.Api.dll"),
            "storage",
            "export"
        );
        Assert.Equal(1, exitCode);
        Assert.Contains("ModelService:Storage:Kind", output, StringComparison.Ordinal);
    }

    private static async Task<int> DefaultAsync(ServerProcess server) =>
        (await server.Api.PredictAsync("pets", Networks.InputJson())).Ok().GetProperty("version").GetInt32();

    private static Task<Answer> PinAsync(ServerProcess server, string version) =>
        server.Api.SendAsync(HttpMethod.Patch, "/v1/models/pets", Bodies.Json($$"""{"default_version":{{version}}}"""));

    // Waits until all servers answer by a version.
    private static async Task ReachAsync(string change, Replicas replicas, int version)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var server in replicas.Servers)
            await Eventually.GetAsync(() => DefaultAsync(server), found => found == version);
        var took = Stopwatch.GetElapsedTime(started);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{change}: served by all after {took.TotalMilliseconds:f0} ms"
        );
        Assert.True(took < Limit, $"{change} took {took}.");
    }

    private static async Task<int> PredictAsync(ServerProcess server, CancellationTokenSource over)
    {
        var count = 0;
        for (; !over.IsCancellationRequested; count++)
            (await server.Api.PredictAsync("pets", Networks.InputJson())).Ok();
        return count;
    }
}
