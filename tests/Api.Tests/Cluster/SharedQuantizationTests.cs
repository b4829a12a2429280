using ModelService.Api.Tests.Int8;
using ModelService.Api.Tests.Support;
using Npgsql;

namespace ModelService.Api.Tests.Cluster;

/// <summary>Quantizations of servers that share a database: any takes them, and another ends what one begins.</summary>
[Waits]
public sealed class SharedQuantizationTests(PostgresServer postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_KilledBeforeItStoresTheVersion_LeavesTheQuantizationToAnother()
    {
        var connection = postgres.CreateDatabase();
        using var replicas = new Replicas(connection, "--ModelService:Storage:Poll=00:00:00.2");
        await replicas.StartAsync(1, "--ModelService:Training:MaxRunning=0");
        var door = replicas[0];
        await Quantizations.PrepareAsync(door.Api, "small", channels: 32);
        await Quantizations.PrepareAsync(door.Api, "large", channels: 64);

        // No server takes any so far.
        var waiting = await Quantizations.StartAsync(door, "small");
        (await door.Api.PostAsync($"/v1/trainings/{Path.GetFileName(waiting)}/cancel", Bodies.Json(""))).Problem(
            404,
            "training_not_found"
        );
        Assert.Equal("queued", (await door.Api.GetAsync(waiting)).Ok().GetProperty("state").GetString());
        (await door.Api.PostAsync($"{waiting}/cancel", Bodies.Json(""))).Ok();
        Assert.Equal("cancelled", (await door.Api.GetAsync(waiting)).Ok().GetProperty("state").GetString());

        await replicas.StartAsync(2);
        var refused = await Quantizations.StartAsync(door, "small", "max_probability_change=0&min_agreement=1");
        var failed = await Quantizations.WaitAsync(door, refused);
        Assert.Equal(
            ("failed", "quantization_rejected", 0),
            (
                failed.GetProperty("state").GetString(),
                failed.GetProperty("code").GetString(),
                failed.GetProperty("resumed").GetInt32()
            )
        );
        Assert.Equal(["float32"], await Quantizations.PrecisionsAsync(door, "small"));
        var running = await Quantizations.StartAsync(door, "large");
        await Quantizations.WaitAsync(door, running, "running");
        var cancelled = (await door.Api.PostAsync($"{running}/cancel", Bodies.Json(""))).Ok();
        Assert.Equal("cancelled", cancelled.GetProperty("state").GetString());

        // The last moment: the version waits for the lock of another change, and is not stored yet.
        await using var database = NpgsqlDataSource.Create(connection);
        var quantization = "";
        var killed = 0;
        await using (var other = await database.OpenConnectionAsync(Token))
        {
            await using var change = await other.BeginTransactionAsync(Token);
            await using (var command = new NpgsqlCommand("select value from revision for update", other, change))
                await command.ExecuteScalarAsync(Token);
            quantization = await Quantizations.StartAsync(door, "small");
            await WaitForWaitingChangeAsync(database);
            Assert.Equal(
                "version",
                (await Quantizations.WaitAsync(door, quantization, "running")).GetProperty("phase").GetString()
            );
            killed = OwnerOf(replicas, quantization);
            await replicas.KillAsync(killed);
        }

        var run = await Quantizations.WaitAsync(door, quantization);

        Assert.True(run.GetProperty("state").GetString() == "succeeded", run.ToString());
        Assert.Equal(1, run.GetProperty("resumed").GetInt32());
        var left = replicas.Servers.Where((_, index) => index != killed).ToList();
        foreach (var server in left)
        {
            // The server that ends it says so when it serves the version, a moment after it was stored.
            Assert.Equal(run.ToString(), (await Quantizations.WaitAsync(server, quantization)).ToString());
            Assert.Equal(["float32", "int8"], await Quantizations.PrecisionsAsync(server, "small"));
        }

        Assert.Equal(["float32"], await Quantizations.PrecisionsAsync(door, "large"));
        (await left[1].Api.DeleteAsync(quantization)).Ok();
        (await door.Api.GetAsync(quantization)).Problem(404, "quantization_not_found");
    }

    // Until a change waits for the lock of another one.
    private static Task WaitForWaitingChangeAsync(NpgsqlDataSource database) =>
        Eventually.GetAsync(
            async () =>
            {
                await using var command = database.CreateCommand(
                    """
                    select count(*) from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock' and query like '%update revision%'
                    """
                );
                return (long)(await command.ExecuteScalarAsync(Token))!;
            },
            count => count > 0
        );

    private static int OwnerOf(Replicas replicas, string quantization) =>
        replicas
            .Servers.Index()
            .Single(server =>
                server.Item.Output.Any(line =>
                    line.Contains($"Takes quantization {Path.GetFileName(quantization)}", StringComparison.Ordinal)
                )
            )
            .Index;
}
