using System.Diagnostics;
using ModelService.Api.Tests.Embedding;
using ModelService.Api.Tests.Support;
using Npgsql;

namespace ModelService.Api.Tests.Cluster;

/// <summary>What docs/cluster.md says of things that are away, where other tests don't see it.</summary>
[Trait("Category", "Attack")]
public sealed class FailureTests(PostgresServer postgres)
{
    private static readonly Dictionary<string, string> NoVariables = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Database_AwayAtTheStart_IsWaitedForAndThenTold()
    {
        using var data = new TemporaryFolder();
        var started = Stopwatch.GetTimestamp();

        var (exitCode, error) = await ServerProcess.RunAsync(
            data.Path,
            "--ModelService:Storage:Kind=postgres",
            $"--ModelService:Storage:Connection=Host=127.0.0.1;Port={PostgresServer.FreePort()};Database=models"
        );

        Say($"Ended {Stopwatch.GetElapsedTime(started)} after the start: {error}");
        Assert.Equal(1, exitCode);
        Assert.Contains(
            "The server can't start. The database of the models can't be used",
            error,
            StringComparison.Ordinal
        );
        Assert.Contains("ModelService:Storage:Connection", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_ThatComesWhileAServerStarts_IsUsed()
    {
        using var own = new PostgresServer();
        using var replicas = new Replicas(own.CreateDatabase());
        own.Stop();
        var starting = replicas.StartAsync(1);

        own.Start();

        await starting;
        await replicas[0].Api.CreateAsync(Networks.Tiny("pets"));
    }

    [Fact]
    public async Task Server_CutOffFromTheDatabase_PredictsOnAndCatchesUp()
    {
        var database = new NpgsqlConnectionStringBuilder(postgres.CreateDatabase());
        using var cable = new Cable(database.Port);
        using var replicas = new Replicas(database.ConnectionString);
        await replicas.StartAsync(1);
        var through = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = cable.Port };
        await replicas.StartAsync(NoVariables, $"--ModelService:Storage:Connection={through.ConnectionString}");
        var (near, far) = (replicas[0], replicas[1]);
        await near.Api.CreateAsync(Networks.Tiny("pets"));
        Assert.Equal(1, await DefaultAsync(far));

        cable.Cut();
        var started = Stopwatch.GetTimestamp();
        (await near.Api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Ok(201);
        Say($"A change through another server took {Stopwatch.GetElapsedTime(started)}");
        await Eventually.GetAsync(() => DefaultAsync(near), version => version == 2);
        Say($"It answers there {Stopwatch.GetElapsedTime(started)} after it was asked for");
        Assert.Equal(1, await DefaultAsync(far));
        await Eventually.GetAsync(() => StatusAsync(far), status => status == "degraded");
        Say($"Degraded {Stopwatch.GetElapsedTime(started)} after the cut");
        (await far.Api.PostAsync("/v1/models/pets/versions", """{"seed":3}""")).Problem(503, "storage_unavailable");
        started = Stopwatch.GetTimestamp();
        (await near.Api.PostAsync("/v1/models/pets/versions", """{"seed":3}""")).Ok(201);
        Say($"A later change through another server took {Stopwatch.GetElapsedTime(started)}");
        Assert.Equal(1, await DefaultAsync(far));

        cable.Mend();
        started = Stopwatch.GetTimestamp();
        await Eventually.GetAsync(() => DefaultAsync(far), version => version == 3);
        Say($"Caught up {Stopwatch.GetElapsedTime(started)} after the network was whole");
        await Eventually.GetAsync(() => StatusAsync(far), status => status == "ready");
    }

    [Fact]
    public async Task Server_WhosePacketsVanish_PredictsOnRefusesChangesAndCatchesUp()
    {
        await using var network = await OwnNetwork.CreateAsync();
        using var own = new PostgresServer { Address = network.Database };
        var database = own.CreateDatabase();
        using var replicas = new Replicas(database);
        await replicas.StartAsync(1);
        var through = new NpgsqlConnectionStringBuilder(database) { Host = network.Database };
        await replicas.StartAsync(network, $"--ModelService:Storage:Connection={through.ConnectionString}");
        var (near, far) = (replicas[0], replicas[1]);
        await near.Api.CreateAsync(Networks.Tiny("pets"));
        Assert.Equal(1, await DefaultAsync(far));

        await network.CutAsync();
        var started = Stopwatch.GetTimestamp();
        var refused = far.Api.PostAsync("/v1/models/pets/versions", """{"seed":2}""");
        var changed = near.Api.PostAsync("/v1/models/pets/versions", """{"seed":3}""");
        Assert.Equal(1, await DefaultAsync(far));
        Say($"It predicts {Stopwatch.GetElapsedTime(started)} after the cut");
        (await changed).Ok(201);
        Say($"A change through another server took {Stopwatch.GetElapsedTime(started)}");
        (await refused).Problem(503, "storage_unavailable");
        Say($"Its own change was refused {Stopwatch.GetElapsedTime(started)} after the cut");
        started = Stopwatch.GetTimestamp();
        (await far.Api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Problem(503, "storage_unavailable");
        Say($"A later one was refused within {Stopwatch.GetElapsedTime(started)}");
        Assert.Equal("degraded", await StatusAsync(far));
        Assert.Equal(1, await DefaultAsync(far));

        await network.MendAsync();
        started = Stopwatch.GetTimestamp();
        var latest = await DefaultAsync(near);
        await Eventually.GetAsync(() => DefaultAsync(far), version => version == latest);
        Say($"Caught up {Stopwatch.GetElapsedTime(started)} after the network was whole");
        await Eventually.GetAsync(() => StatusAsync(far), status => status == "ready");
        (await far.Api.PostAsync("/v1/models/pets/versions", """{"seed":4}""")).Ok(201);
        Say($"It made a change {Stopwatch.GetElapsedTime(started)} after the network was whole");
    }

    [Fact]
    public async Task Cache_DiskIsFull_OldVersionAnswersUntilThereIsRoom()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount a small disk.");
        using var replicas = new Replicas(postgres.CreateDatabase());
        using var folder = new TemporaryFolder();
        using var disk = await Disk.MountAsync(folder.Path, "size=2m");
        await replicas.StartAsync(1);
        await replicas.StartAsync(NoVariables, $"--ModelService:Storage:Path={folder.Path}");
        var (near, far) = (replicas[0], replicas[1]);
        await near.Api.CreateAsync(Networks.Tiny("pets"));
        Assert.Equal(1, await DefaultAsync(far));

        var filler = Path.Combine(folder.Path, "filler");
        disk.Fill(filler);
        (await near.Api.PostAsync("/v1/models/pets/versions", """{"num_classes":5}""")).Ok(201);
        Assert.Equal(1, await DefaultAsync(far));
        var refused = await far.Api.PredictAsync("pets/versions/2", Networks.InputJson());
        refused.Problem(503, "model_not_ready");
        Assert.NotNull(refused.RetryAfter);

        File.Delete(filler);
        var started = Stopwatch.GetTimestamp();
        await Eventually.GetAsync(() => DefaultAsync(far), version => version == 2);
        Say($"The new version answers {Stopwatch.GetElapsedTime(started)} after there is room");
    }

    [Fact]
    public async Task Notifications_LostInAPooler_ChangesArriveAtTheNextPoll()
    {
        Assert.SkipUnless(File.Exists(Pooler.Program), "PgBouncer is not installed (apt-get install pgbouncer).");
        using var pooler = new Pooler(new NpgsqlConnectionStringBuilder(postgres.CreateDatabase()));
        using var replicas = new Replicas(pooler.Connection);
        await replicas.StartAsync(2);
        await replicas[0].Api.CreateAsync(Networks.Tiny("pets"));

        List<double> took = [];
        for (var version = 2; version < 5; version++)
        {
            var started = Stopwatch.GetTimestamp();
            (await replicas[0].Api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Ok(201);
            var wanted = version;
            await Eventually.GetAsync(() => DefaultAsync(replicas[1]), found => found == wanted);
            took.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        Say($"New versions answered through the other server after {string.Join(", ", took.Select(s => $"{s:f1}"))} s");
        Assert.True(took.Max() < 20, $"A change took {took.Max()} s.");
    }

    [Fact]
    public async Task Clock_OfAServerThatJumps_ChangesNothing()
    {
        var library = Directory
            .GetDirectories("/usr/lib")
            .Select(path => Path.Combine(path, "faketime", "libfaketime.so.1"))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(library is null, "libfaketime is not installed (apt-get install libfaketime).");
        using var folder = new TemporaryFolder();
        var connection = postgres.CreateDatabase();
        using var replicas = new Replicas(connection);
        var file = Path.Combine(folder.Path, "time");
        await File.WriteAllTextAsync(file, "+0", Token);
        await replicas.StartAsync(1);
        await replicas.StartAsync(
            new Dictionary<string, string>
            {
                ["LD_PRELOAD"] = library,
                ["FAKETIME_TIMESTAMP_FILE"] = file,
                ["FAKETIME_NO_CACHE"] = "1",
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            }
        );
        var (right, wrong) = (replicas[0], replicas[1]);
        await right.Api.CreateAsync(Networks.Tiny("pets"));

        foreach (var (step, hours) in new[] { ("-2d", -48), ("+2d", 48) })
        {
            await File.WriteAllTextAsync(file, step, Token);
            foreach (var server in replicas.Servers)
            {
                var started = Stopwatch.GetTimestamp();
                var made = (await server.Api.PostAsync("/v1/models/pets/versions", """{"seed":2}""")).Ok(201);
                Say($"{step}: a change took {Stopwatch.GetElapsedTime(started)}");
                var version = made.GetProperty("version").GetInt32();
                foreach (var other in replicas.Servers)
                    Assert.Equal(version, await DefaultAsync(other));
                var off = made.GetProperty("created_at").GetDateTimeOffset() - TimeProvider.System.GetUtcNow();
                Assert.Equal(server == wrong ? hours : 0, Math.Round(off.TotalHours));
            }

            Assert.Equal(2, await CountLivingAsync(connection));
        }
    }

    private static async Task<long> CountLivingAsync(string connection)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(
            "select count(*) from servers where seen > now() - interval '5 seconds'"
        );
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }

    private static async Task<int> DefaultAsync(ServerProcess server) =>
        (await server.Api.PredictAsync("pets", Networks.InputJson())).Ok().GetProperty("version").GetInt32();

    private static async Task<string?> StatusAsync(ServerProcess server) =>
        (await server.Api.GetAsync("/health/ready")).Ok().GetProperty("status").GetString();

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);

    /// <summary>A disk of a few megabytes in memory.</summary>
    private sealed class Disk(string path) : IDisposable
    {
        public static async Task<Disk> MountAsync(string path, string options)
        {
            var (exitCode, output) = await Command.RunProgramAsync(
                "mount",
                path,
                "-t",
                "tmpfs",
                "-o",
                options,
                "none",
                path
            );
            Assert.SkipUnless(exitCode == 0, $"No disk can be mounted here: {output}");
            return new Disk(path);
        }

        /// <summary>Writes a file that takes all room.</summary>
        public void Fill(string file)
        {
            Assert.StartsWith(path, file, StringComparison.Ordinal);
            using var stream = new FileStream(
                file,
                FileMode.CreateNew,
                FileAccess.Write,
                FileShare.None,
                bufferSize: 0
            );
            var bytes = new byte[1024];
            try
            {
                while (true)
                    stream.Write(bytes);
            }
            catch (IOException)
            {
                // Full.
            }
        }

        public void Dispose()
        {
            using var umount = Process.Start("umount", ["--lazy", path]);
            umount.WaitForExit();
        }
    }

    /// <summary>PgBouncer in transaction mode, in front of a database.</summary>
    private sealed class Pooler : IDisposable
    {
        public const string Program = "/usr/sbin/pgbouncer";

        // PgBouncer refuses to run as root, and reads this as another user.
        private readonly string folder = Path.Combine(Path.GetTempPath(), $"pool-{Guid.NewGuid():N}");
        private readonly Process process;

        public Pooler(NpgsqlConnectionStringBuilder database)
        {
            var port = PostgresServer.FreePort();
            Directory.CreateDirectory(folder);
            var settings = Path.Combine(folder, "pgbouncer.ini");
            File.WriteAllText(Path.Combine(folder, "users"), $"\"{database.Username}\" \"\"\n");
            File.WriteAllText(
                settings,
                $"""
                [databases]
                {database.Database} = host=127.0.0.1 port={database.Port}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = trust
                auth_file = {Path.Combine(folder, "users")}
                pool_mode = transaction
                ignore_startup_parameters = extra_float_digits
                """
            );
            string[] root = Environment.IsPrivilegedProcess ? ["--user", "nobody"] : [];
            process = Process.Start(
                new ProcessStartInfo(Program, [.. root, "--quiet", settings])
                {
                    RedirectStandardError = true,
                    RedirectStandardOutput = true,
                }
            )!;
            Connection = new NpgsqlConnectionStringBuilder(database.ConnectionString)
            {
                Port = port,
                NoResetOnClose = true,
            }.ConnectionString;
        }

        /// <summary>The connection string of the database, through the pooler.</summary>
        public string Connection { get; }

        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }
}
