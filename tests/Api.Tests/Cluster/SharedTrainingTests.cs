using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using ModelService.Api.Tests.Support;
using ModelService.Api.Tests.Trainings;
using Npgsql;

namespace ModelService.Api.Tests.Cluster;

/// <summary>Trainings of servers that share a database: any takes them, and what one begins another one ends.</summary>
[Trait("Category", "Attack")]
[Collection(nameof(Alone))]
public sealed partial class SharedTrainingTests(PostgresServer postgres)
{
    // Some seconds on any processor: a checkpoint is written after one, and stored, and then its server is killed.
    private const int Epochs = 500;

    private const string NoTraining = "--ModelService:Training:MaxRunning=0";

    // Ends every lease two seconds after its server is gone. Equal numbers of threads give equal bits.
    private static readonly string[] Quick =
    [
        "--ModelService:Storage:Poll=00:00:00.2",
        "--ModelService:Training:Threads=1",
        "--ModelService:Training:MaxAttempts=2",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Training_ThroughAServerThatTrainsNone_IsRunByAnotherAndShownByBoth()
    {
        using var database = new PostgresServer();
        using var replicas = new Replicas(database.CreateDatabase(), Quick);
        await replicas.StartAsync(1, NoTraining);
        await replicas.StartAsync(1);
        var (door, trainer) = (replicas[0], replicas[1]);
        await UploadAsync(replicas);
        await UploadAsync(replicas, "deleted");

        var training = await StartAsync(door, "pets", 3);
        var followed = await EventsAsync(door, training, after: 0);
        var run = (await door.Api.GetAsync(training)).Ok();

        AssertSucceeded(run);
        Assert.Equal(1, run.GetProperty("version").GetInt32());
        Assert.Equal("end", followed[^1].GetProperty("event").GetString());
        Assert.Contains(followed, item => item.GetProperty("event").GetString() == "epoch");
        Assert.Equal(
            Enumerable.Range(1, followed.Count).Select(id => (long)id),
            followed.Select(item => item.GetProperty("id").GetInt64())
        );
        var rest = await EventsAsync(trainer, training, after: followed.Count - 2);
        Assert.Equal(followed.TakeLast(2).Select(item => item.ToString()), rest.Select(item => item.ToString()));
        foreach (var server in replicas.Servers)
        {
            Assert.Equal(run.ToString(), (await server.Api.GetAsync(training)).Ok().ToString());
            var listed = (await server.Api.GetAsync("/v1/models/pets/trainings")).Ok().GetProperty("trainings");
            Assert.Equal(run.ToString(), Assert.Single(listed.EnumerateArray()).ToString());
            var history = (await server.Api.GetAsync($"{training}/history")).Ok();
            Assert.Equal(3, history.GetProperty("epochs").GetArrayLength());
            Assert.Equal(1, Assert.Single(await VersionsAsync(server, "pets")));
        }

        // Ended through the other server: while it runs, while it waits, and with what it has reached.
        var running = await StartAsync(door, "pets", 100_000);
        await WaitForEpochAsync(door, running);
        var waiting = await StartAsync(trainer, "pets", 1);
        var lacking = await StartAsync(door, "pets", 1, "deleted");
        (await door.Api.DeleteAsync("/v1/datasets/deleted")).Ok();
        (await door.Api.DeleteAsync(running)).Problem(409, "training_conflict");
        foreach (var path in (string[])[waiting, running])
        {
            var cancelled = (await door.Api.PostAsync($"{path}/cancel", Bodies.Json(""))).Ok();
            Assert.Equal("cancelled", cancelled.GetProperty("state").GetString());
        }

        Assert.Equal("dataset_not_found", (await WaitAsync(door, lacking)).GetProperty("code").GetString());
        var kept = await StartAsync(door, "pets", 100_000);
        await WaitForEpochAsync(door, kept);
        Assert.Equal(1, await MetricAsync(trainer, "modelservice_training_leases"));
        Assert.Equal(1, await MetricAsync(door, "modelservice_trainings{state=\"running\"}"));
        database.Stop();
        (await door.Api.GetAsync(kept)).Problem(503, "storage_unavailable");
        (await trainer.Api.GetAsync("/v1/trainings")).Problem(503, "storage_unavailable");
        database.Start();
        await Eventually.GetAsync(() => door.Api.GetAsync(kept), answer => answer.Status == 200);
        (await door.Api.PostAsync($"{kept}/cancel?keep=true", Bodies.Json(""))).Ok();
        run = await WaitAsync(door, kept);
        AssertSucceeded(run);
        Assert.Equal(0, run.GetProperty("resumed").GetInt32());
        Assert.Equal([1, 2], await VersionsAsync(door, "pets"));
        (await trainer.Api.DeleteAsync(running)).Ok();
        (await door.Api.GetAsync(running)).Problem(404, "training_not_found");
    }

    [Fact]
    public async Task Server_KilledOrStoppedWhileItTrains_LeavesTheTrainingToAnother()
    {
        var connection = postgres.CreateDatabase();
        using var replicas = new Replicas(connection, Quick);
        await replicas.StartAsync(3);
        await UploadAsync(replicas);
        await WaitAsync(replicas[0], await StartAsync(replicas[0], "undisturbed", Epochs));

        var training = await StartAsync(replicas[0], "pets", Epochs);
        await WaitForCheckpointAsync(connection, training);
        var killed = await OwnerAsync(replicas);
        await replicas.KillAsync(killed);
        var left = replicas.Servers.Where((_, index) => index != killed).ToList();
        await Eventually.GetAsync(
            async () => (await left[0].Api.GetAsync($"{training}/history")).Ok().GetProperty("phases"),
            phases => phases.EnumerateArray().Any(item => item.GetProperty("phase").GetString() == "resume")
        );
        var stopped = await MetricAsync(left[0], "modelservice_training_leases") == 1 ? left[0] : left[1];
        Assert.Equal(1, await MetricAsync(stopped, "modelservice_training_takeovers_total"));
        await stopped.StopAsync(); // and the last one goes on, at once
        var last = left.Single(server => server != stopped);
        var run = await WaitAsync(last, training);

        AssertSucceeded(run);
        Assert.Equal(2, run.GetProperty("resumed").GetInt32());
        Assert.Equal(0, await MetricAsync(last, "modelservice_training_takeovers_total"));
        Assert.Equal(1, Assert.Single(await VersionsAsync(last, "pets")));
        Assert.Equal(await WeightsAsync(last, "undisturbed"), await WeightsAsync(last, "pets"));
    }

    [Fact]
    public async Task Server_PausedWhileItTrains_WritesNothingWhenItComesBack()
    {
        var connection = postgres.CreateDatabase();
        using var replicas = new Replicas(connection, Quick);
        await replicas.StartAsync(2);
        await UploadAsync(replicas);
        var training = await StartAsync(replicas[0], "pets", 100_000);
        await WaitForCheckpointAsync(connection, training);
        var owner = await OwnerAsync(replicas);
        var other = replicas[1 - owner];

        replicas.Signal(owner, "-STOP");
        await Eventually.GetAsync(
            () => MetricAsync(other, "modelservice_training_takeovers_total"),
            count => count == 1
        );
        await WaitForEpochAsync(other, training);
        (await other.Api.PostAsync($"{training}/cancel?keep=true", Bodies.Json(""))).Ok();
        var run = await WaitAsync(other, training);
        replicas.Signal(owner, "-CONT");
        await Eventually.GetAsync(
            () => MetricAsync(replicas[owner], "modelservice_training_leases_lost_total"),
            count => count == 1
        );

        AssertSucceeded(run);
        foreach (var server in replicas.Servers)
        {
            Assert.Equal(run.ToString(), (await server.Api.GetAsync(training)).Ok().ToString());
            Assert.Equal(1, Assert.Single(await VersionsAsync(server, "pets")));
            Assert.Equal(0, await MetricAsync(server, "modelservice_training_leases"));
        }
    }

    [Fact]
    public async Task Training_ThatKillsItsServers_FailsInTheEnd()
    {
        var connection = postgres.CreateDatabase();
        using var replicas = new Replicas(connection, Quick);
        await replicas.StartAsync(1);
        await UploadAsync(replicas);
        var training = await StartAsync(replicas[0], "pets", 100_000);
        for (var kill = 0; kill < 2; kill++)
        {
            await WaitForEpochAsync(replicas[0], training, resumed: kill);
            await replicas.KillAsync(0);
            await replicas.RestartAsync(0);
        }

        var run = await WaitAsync(replicas[0], training);

        Assert.Equal("failed", run.GetProperty("state").GetString());
        Assert.Equal("training_failed", run.GetProperty("code").GetString());
        Assert.Contains("MaxAttempts", run.GetProperty("reason").GetString(), StringComparison.Ordinal);
        (await replicas[0].Api.GetAsync("/v1/models/pets")).Problem(404, "model_not_found");
    }

    [Fact]
    public async Task Training_OfANewerServerThatThisOneCannotRead_IsLeftToOthersAndTheRestGoesOn()
    {
        var connection = postgres.CreateDatabase();
        using var replicas = new Replicas(connection, Quick);
        await replicas.StartAsync(1);
        await UploadAsync(replicas);
        await using var database = NpgsqlDataSource.Create(connection);
        await using var add = database.CreateCommand(
            "insert into jobs (id, kind, model, state, record) values ('new', 'training', 'new', 'queued', '{}')"
        );
        await add.ExecuteNonQueryAsync(Token);

        // The older one comes first.
        var run = await WaitAsync(replicas[0], await StartAsync(replicas[0], "pets", 1));

        AssertSucceeded(run);
        Assert.Equal((1, 0, "queued"), await ReadRowAsync(database, "new")); // taken once, given back
        var listed = (await replicas[0].Api.GetAsync("/v1/trainings")).Ok().GetProperty("trainings");
        Assert.Equal(run.ToString(), Assert.Single(listed.EnumerateArray()).ToString());
        const string Unreadable = "/v1/trainings/new";
        var problem = (await replicas[0].Api.GetAsync(Unreadable)).Problem(503, "storage_unavailable");
        Assert.Contains("newer version", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        (await replicas[0].Api.GetAsync($"{Unreadable}/events")).Problem(503, "storage_unavailable");
        (await replicas[0].Api.PostAsync($"{Unreadable}/cancel", Bodies.Json(""))).Problem(503, "storage_unavailable");
        Assert.Equal((1, 0, "queued"), await ReadRowAsync(database, "new"));
    }

    [Fact]
    public async Task Training_OfAServerWithoutRoomForItsFolder_WaitsAndLosesNoAttempt()
    {
        var connection = postgres.CreateDatabase();
        using var replicas = new Replicas(connection, Quick);
        await replicas.StartAsync(1, NoTraining);
        await replicas.StartAsync(1);
        await UploadAsync(replicas);
        await using var database = NpgsqlDataSource.Create(connection);
        var staging = Path.Combine(replicas.Data, "server-1", ".staging");
        Directory.Delete(staging, recursive: true);
        await File.WriteAllTextAsync(staging, "No folder can be created in a file.", Token);

        var training = await StartAsync(replicas[0], "pets", 1);
        await Eventually.GetAsync(
            () => ReadRowAsync(database, Path.GetFileName(training)),
            row => row is (Leases: > 4, Attempts: 0, State: "queued")
        );
        File.Delete(staging);
        Directory.CreateDirectory(staging);

        AssertSucceeded(await WaitAsync(replicas[0], training));
    }

    private static async Task<(long Leases, int Attempts, string State)> ReadRowAsync(
        NpgsqlDataSource database,
        string id
    )
    {
        await using var find = database.CreateCommand("select lease, attempts, state from jobs where id = $1");
        find.Parameters.Add(new NpgsqlParameter { Value = id });
        await using var row = await find.ExecuteReaderAsync(Token);
        Assert.True(await row.ReadAsync(Token));
        return (row.GetInt64(0), row.GetInt32(1), row.GetString(2));
    }

    private static async Task UploadAsync(Replicas replicas, string dataset = "digits")
    {
        using var content = new ByteArrayContent(TrainingServer.Zip(12, 3, ["train"]));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        (await replicas[0].Api.PostAsync($"/v1/datasets/{dataset}/images", content)).Ok(201);
    }

    private static async Task<string> StartAsync(
        ServerProcess server,
        string model,
        int epochs,
        string dataset = "digits"
    )
    {
        var body = TrainingServer
            .Scratch(dataset, epochs, """, "patience": 1000000""")
            .Replace("\"out_features\": 10", "\"out_features\": 3", StringComparison.Ordinal);
        var answer = await server.Api.PostAsync($"/v1/models/{model}/trainings", body);
        return $"/v1/trainings/{answer.Ok(202).GetProperty("id").GetString()}";
    }

    private static Task<JsonElement> WaitAsync(ServerProcess server, string training) =>
        Eventually.GetAsync(
            async () => (await server.Api.GetAsync(training)).Ok(),
            run => run.GetProperty("state").GetString() is not ("queued" or "running")
        );

    private static Task<JsonElement> WaitForEpochAsync(ServerProcess server, string training, int resumed = 0) =>
        Eventually.GetAsync(
            async () => (await server.Api.GetAsync(training)).Ok(),
            run => run.TryGetProperty("best_so_far", out _) && run.GetProperty("resumed").GetInt32() >= resumed
        );

    private static void AssertSucceeded(JsonElement run) =>
        Assert.True(run.GetProperty("state").GetString() == "succeeded", run.ToString());

    // Until the database names one.
    private static async Task WaitForCheckpointAsync(string connection, string training)
    {
        await using var database = NpgsqlDataSource.Create(connection);
        await Eventually.GetAsync(
            async () =>
            {
                await using var command = database.CreateCommand(
                    "select count(*) from job_files where job = $1 and name like 'checkpoint%'"
                );
                command.Parameters.Add(new NpgsqlParameter { Value = Path.GetFileName(training) });
                return (long)(await command.ExecuteScalarAsync(Token))!;
            },
            count => count == 1
        );
    }

    private static async Task<int> OwnerAsync(Replicas replicas)
    {
        var held = await Task.WhenAll(
            replicas.Servers.Select(server => MetricAsync(server, "modelservice_training_leases"))
        );
        return Array.IndexOf(held, 1);
    }

    private static async Task<double> MetricAsync(ServerProcess server, string name)
    {
        var metrics = await server.Http.GetStringAsync("/metrics", Token);
        var pattern = $"^{Regex.Escape(name)}(?:{{}})? (.+)$";
        return double.Parse(Regex.Match(metrics, pattern, RegexOptions.Multiline).Groups[1].Value);
    }

    private static async Task<List<int>> VersionsAsync(ServerProcess server, string model) =>
        [
            .. (await server.Api.GetAsync($"/v1/models/{model}"))
                .Ok()
                .GetProperty("versions")
                .EnumerateArray()
                .Select(version => version.GetProperty("version").GetInt32())
                .Order(),
        ];

    private static async Task<byte[]> WeightsAsync(ServerProcess server, string model) =>
        SafetensorsFile.WithoutMetadata(
            await server.Http.GetByteArrayAsync($"/v1/models/{model}/versions/1/weights", Token)
        );

    // All events after one, to the end of the stream.
    private static async Task<List<JsonElement>> EventsAsync(ServerProcess server, string training, long after)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{training}/events");
        request.Headers.Add("Last-Event-ID", $"{after}");
        using var response = await server.Http.SendAsync(request, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        return [.. Data().Matches(text).Select(match => JsonElement.Parse(match.Groups[1].Value))];
    }

    [GeneratedRegex("^data: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Data();
}
