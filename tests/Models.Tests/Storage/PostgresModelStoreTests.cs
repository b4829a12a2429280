using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Blobs;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace ModelService.Models.Tests.Storage;

/// <summary>
/// The store in PostgreSQL keeps the contract, with each kind of blobs. A restart is another server with a folder of
/// its own, so nothing comes from a cache.
/// </summary>
public abstract class PostgresModelStoreContract(PostgresServer postgres) : ModelStoreContract, IAsyncLifetime
{
    private readonly string root = Directory.CreateTempSubdirectory("store-").FullName;
    private readonly List<IDisposable> open = [];
    private readonly List<Database> databases = [];
    private string? connection;

    /// <summary>Where the blobs are.</summary>
    internal BlobOptions Blobs { get; set; } = new();

    /// <summary>The database.</summary>
    internal string Connection => connection ??= postgres.CreateDatabase();

    public virtual ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        open.ForEach(item => item.Dispose());
        foreach (var database in databases)
            await database.DisposeAsync();
        Directory.Delete(root, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal override IModelStore Create() => CreateServer();

    internal override IModelStore Restart() => CreateServer();

    /// <summary>A store as a server of its own has it.</summary>
    internal PostgresModelStore CreateServer(bool readOnly = false, string? own = null, string? connectionString = null)
    {
        own ??= Path.Combine(root, Guid.NewGuid().ToString("N"));
        var options = Options.Create(
            new StorageOptions
            {
                Kind = "postgres",
                Connection = connectionString ?? Connection,
                Path = own,
                ReadOnly = readOnly,
            }
        );
        var folder = new DataFolder(options, new StoreFactory.Host(), NullLogger<DataFolder>.Instance);
        var files = new BlobFiles(
            CreateBlobs(),
            new BlobCache(folder.Cache, Blobs.CacheBytes),
            NullLogger<BlobFiles>.Instance
        );
        var database = CreateDatabase(options.Value);
        open.AddRange([folder, files]);
        return new PostgresModelStore(
            database,
            files,
            folder,
            new StoredVersionReader(Options.Create(new ArchitectureLimits()), NullLogger<StoredVersionReader>.Instance),
            options,
            Options.Create(new ClusterOptions()),
            TimeProvider.System
        );
    }

    /// <summary>Deletes orphans of an age.</summary>
    internal OrphanSweeper CreateSweeper(TimeSpan age)
    {
        var storage = new StorageOptions { Connection = Connection };
        return new OrphanSweeper(
            CreateDatabase(storage),
            CreateBlobs(),
            Options.Create(new BlobOptions { OrphanAge = age }),
            Options.Create(storage),
            new FakeTimeProvider(),
            NullLogger<OrphanSweeper>.Instance
        );
    }

    internal Database CreateDatabase(StorageOptions options)
    {
        var database = new Database(options, NullLogger<Database>.Instance);
        databases.Add(database);
        return database;
    }

    internal virtual IBlobStore CreateBlobs() => new FileBlobStore(Path.Combine(root, "blobs"));

    [Fact]
    public async Task TakeNumber_ManyServersAtOnce_EachGetsAnother()
    {
        var store = CreateServer();
        await store.OpenAsync(Token);
        await store.PutVersionAsync(Version("pets", 1, "abc"), Token);
        var others = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(async _ =>
                {
                    var other = CreateServer();
                    await other.OpenAsync(Token);
                    return other;
                })
        );

        var numbers = await Task.WhenAll(
            others.SelectMany(other => Enumerable.Range(0, 5).Select(_ => other.TakeNumberAsync("pets", 2, Token)))
        );

        Assert.Equal(Enumerable.Range(2, 20), numbers.Order());
    }

    [Fact]
    public async Task Sweep_BlobsThatNoVersionHas_AreDeletedAndTheOthersStay()
    {
        var store = CreateServer();
        await store.OpenAsync(Token);
        var kept = await store.PutVersionAsync(Version("pets", 1, Guid.NewGuid().ToString()), Token);
        var gone = await store.PutVersionAsync(Version("pets", 2, Guid.NewGuid().ToString()), Token);
        await store.RemoveAsync("pets", 2);

        Assert.Equal(0, await CreateSweeper(TimeSpan.FromHours(1)).SweepAsync(Token));
        await CreateSweeper(TimeSpan.Zero).SweepAsync(Token);

        Assert.NotNull(await CreateBlobs().OpenAsync(kept[StoredFile.Weights].Sha256, Token));
        Assert.Null(await CreateBlobs().OpenAsync(gone[StoredFile.Weights].Sha256, Token));
        var found = Assert.Single(Assert.Single(await Restart().OpenAsync(Token)).Versions);
        Assert.Equal(kept, found.Manifest!.Files);
    }

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;
}

/// <summary>With blobs in a folder.</summary>
public sealed class PostgresAndFileTests(PostgresServer postgres) : PostgresModelStoreContract(postgres)
{
    // As when the network is cut in the middle of a change: the database hears nothing of it.
    [Fact]
    public async Task Change_OfAServerThatVanishes_HoldsOthersUpForSecondsOnly()
    {
        await CreateServer().OpenAsync(Token);
        var options = new StorageOptions { Connection = Connection };
        var (vanished, begun) = (new TaskCompletionSource(), new TaskCompletionSource());
        var lost = CreateDatabase(options)
            .ChangeAsync(async connection =>
            {
                var revision = await Database.RaiseRevisionAsync(connection);
                begun.SetResult();
                await vanished.Task;
                return revision;
            });
        await begun.Task;

        var revision = await CreateDatabase(options).ChangeAsync(Database.RaiseRevisionAsync);

        // It made nothing, and is told so if it comes back.
        vanished.SetResult();
        var error = await Assert.ThrowsAsync<ServingException>(() => lost);
        Assert.Equal(ErrorCode.StorageUnavailable, error.Failure.Code);
        Assert.Equal(revision + 1, await CreateDatabase(options).ChangeAsync(Database.RaiseRevisionAsync));
    }

    [Fact]
    public async Task PutVersion_OfModels_IsDecidedByTheDatabase()
    {
        var (one, other) = (CreateServer(), CreateServer());
        await one.OpenAsync(Token);
        await other.OpenAsync(Token);
        await one.PutVersionAsync(Version("pets", 1, "abc") with { OfExistingModel = false }, Token);

        var exists = await Assert.ThrowsAsync<ServingException>(() =>
            other.PutVersionAsync(Version("pets", 1, "abd") with { OfExistingModel = false }, Token)
        );
        var number = await other.TakeNumberAsync("pets", 2, Token);
        await one.RemoveAsync("pets");
        var deleted = await Assert.ThrowsAsync<ServingException>(() =>
            other.PutVersionAsync(Version("pets", number, "abc") with { OfExistingModel = true }, Token)
        );

        Assert.Equal(ErrorCode.ModelExists, exists.Code);
        Assert.Equal(ErrorCode.ModelNotFound, deleted.Code);
        Assert.Empty(await Restart().OpenAsync(Token));
    }

    [Fact]
    public async Task PutSettings_OfAnOlderState_IsRefused()
    {
        var store = CreateServer();
        await store.OpenAsync(Token);
        await store.PutVersionAsync(Version("pets", 1, "abc"), Token);
        await store.PutVersionAsync(Version("pets", 2, "abc"), Token);
        var read = Assert.Single(await CreateServer().OpenAsync(Token)).Settings;
        await store.PutSettingsAsync("pets", read with { DefaultVersion = 1 });

        await Assert.ThrowsAsync<StoreChangedException>(() =>
            store.PutSettingsAsync("pets", read with { DefaultVersion = 2 })
        );
        var pinned = await Assert.ThrowsAsync<ServingException>(() => store.RemoveAsync("pets", 1));

        Assert.Equal(ErrorCode.VersionConflict, pinned.Code);
        Assert.Equal(1, Assert.Single(await Restart().OpenAsync(Token)).Settings.DefaultVersion);
    }

    [Fact]
    public async Task ReadChanges_SinceARevision_HasOnlyThose()
    {
        var store = CreateServer();
        await store.OpenAsync(Token);
        await store.PutVersionAsync(Version("dogs", 1, "abc"), Token);
        await store.PutVersionAsync(Version("pets", 1, "abc"), Token);
        var before = (await BeatAsync(store, 0)).Revision;
        await store.PutVersionAsync(Version("pets", 2, "abc"), Token);
        await store.RemoveAsync("dogs");

        var changes = (await store.ReadChangesAsync(before, Token))!;

        Assert.Equal(before + 2, changes.Revision);
        Assert.Equal(2, Assert.Single(Assert.Single(changes.Changed).Versions).Version);
        Assert.Equal([1, 2], Assert.Single(changes.Existing).Value.Order());
    }

    [Fact]
    public async Task CountBehind_ServerThatLivesAndHasNotReached_IsCountedUntilItHas()
    {
        var (one, other) = (CreateServer(), CreateServer());
        await one.OpenAsync(Token);
        await other.OpenAsync(Token);
        await BeatAsync(other, 0);
        await one.PutVersionAsync(Version("pets", 1, "abc"), Token);

        Assert.Equal(0, await one.CountBehindAsync(0, "pets", Token));
        Assert.Equal(1, await one.CountBehindAsync(1, "pets", Token));
        await BeatAsync(other, 1, "pets");
        Assert.Equal(0, await one.CountBehindAsync(1, null, Token));
        Assert.Equal(0, await one.CountBehindAsync(1, "dogs", Token));
        Assert.Equal(1, await one.CountBehindAsync(1, "pets", Token));
        await BeatAsync(other, 1);
        Assert.Equal(0, await one.CountBehindAsync(1, "pets", Token));
        Assert.Equal(1, await one.CountBehindAsync(2, null, Token));
        await other.LeaveAsync();
        Assert.Equal(0, await one.CountBehindAsync(2, null, Token));
    }

    [Fact]
    public async Task Beat_OfOneServer_TellsOfTheOthersAndOfWhatIsReleased()
    {
        var (one, other) = (CreateServer(), CreateServer());
        await one.OpenAsync(Token);
        await other.OpenAsync(Token);
        await one.PutVersionAsync(Version("pets", 1, "abc"), Token);
        await BeatAsync(other, 1, "pets");

        var beat = await BeatAsync(one, 1);

        Assert.Equal(1, beat.Revision);
        Assert.Equal(["", "pets"], beat.Servers.Select(server => string.Join(' ', server.Preparing)).Order());
        Assert.Empty(beat.Released);
        Assert.Equal(0, (await BeatAsync(one, 1, "pets")).Released["pets"]);
        await other.ReleaseAsync("pets", 5);
        await other.ReleaseAsync("pets", 4); // it stays
        Assert.Equal(5, (await BeatAsync(one, 1, "pets")).Released["pets"]);
        await other.LeaveAsync();
        Assert.Single((await BeatAsync(one, 1)).Servers);
    }

    [Fact]
    public async Task Listen_ChangeOfAnotherServer_IsHeard()
    {
        var (one, other) = (CreateServer(), CreateServer());
        await one.OpenAsync(Token);
        await other.OpenAsync(Token);
        using var heard = new SemaphoreSlim(0);
        using var stop = new CancellationTokenSource();
        var listening = other.ListenAsync(() => heard.Release(), stop.Token);
        await heard.WaitAsync(Token);

        await one.PutVersionAsync(Version("pets", 1, "abc"), Token);

        Assert.True(await heard.WaitAsync(TimeSpan.FromSeconds(10), Token));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
    }

    [Fact]
    public async Task Migrations_UpByAllServersAtOnce_AndDownAndUpAgain()
    {
        var database = CreateDatabase(new StorageOptions { Connection = Connection });

        var before = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Migrations.UpAsync(database)));

        Assert.Equal([0, .. Enumerable.Repeat(Migrations.Latest, 7)], before.Order());
        Assert.Equal(Migrations.Latest, await Migrations.ToAsync(database, 0));
        Assert.Equal(0, await Migrations.ToAsync(database, Migrations.Latest));
        Assert.Empty(await CreateServer().OpenAsync(Token));
    }

    [Fact]
    public async Task Migrations_DatabaseOfANewerServer_IsRefusedWithWhatToDo()
    {
        var database = CreateDatabase(new StorageOptions { Connection = Connection });
        await Migrations.UpAsync(database);
        await database.ChangeAsync(connection =>
            connection.RunAsync("insert into migrations (number) values ($1)", Migrations.Latest + 1)
        );

        var error = await Assert.ThrowsAsync<UnusableDatabaseException>(() => CreateServer().OpenAsync(Token));

        Assert.Contains($"storage migrate --to {Migrations.Latest}", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<UnusableDatabaseException>(() => Migrations.ToAsync(database, 0));
    }

    [Fact]
    public async Task ReadOnly_RefusesEveryWriteAndReadsAll()
    {
        var owner = CreateServer();
        await owner.OpenAsync(Token);
        await owner.PutVersionAsync(Version("pets", 1, "abc"), Token);
        var store = CreateServer(readOnly: true);
        Assert.Single(await store.OpenAsync(Token));

        Func<Task>[] writes =
        [
            () => store.PutVersionAsync(Version("pets", 2, "abc"), Token),
            () => store.TakeNumberAsync("pets", 2, Token),
            () => store.PutSettingsAsync("pets", new ModelSettings()),
            () => store.RemoveAsync("pets"),
            () => store.RemoveAsync("pets", 1),
        ];
        foreach (var write in writes)
            Assert.Equal(ErrorCode.ReadOnly, (await Assert.ThrowsAsync<ServingException>(write)).Code);
        Assert.Equal(ErrorCode.ReadOnly, (await store.CheckWritableAsync(0, Token))!.Code);
    }

    [Fact]
    public async Task Copy_FolderToDatabaseAndBack_IsTheSame()
    {
        var from = Directory.CreateTempSubdirectory("from-").FullName;
        var to = Directory.CreateTempSubdirectory("to-").FullName;
        var source = StoreFactory.Create(from, readOnly: false, out var folder);
        await source.OpenAsync(Token);
        await source.PutVersionAsync(Version("pets", 2, "abc"), Token);
        await source.PutVersionAsync(Version("pets", 5, "abcd"), Token);
        await source.PutSettingsAsync("pets", new ModelSettings { DefaultVersion = 2, LastVersion = 7 });
        folder.Dispose();
        List<string> lines = [];

        Assert.Equal(0, await new StoreCopy(source, CreateServer()).RunAsync(lines.Add, Token));
        folder.Dispose();
        Assert.Equal(0, await new StoreCopy(source, CreateServer()).RunAsync(lines.Add, Token));
        var target = StoreFactory.Create(to, readOnly: false, out var second);
        Assert.Equal(0, await new StoreCopy(CreateServer(), target).RunAsync(lines.Add, Token));
        second.Dispose();

        Assert.Equal(
            ["copied", "copied", "is there already", "is there already", "copied", "copied"],
            lines.Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..])
        );
        var model = Assert.Single(await target.OpenAsync(Token));
        Assert.Equal((2, 7), (model.Settings.DefaultVersion, model.Settings.LastVersion));
        Assert.Equal([2, 5], model.Versions.Select(version => version.Version));
        Assert.All(model.Versions, version => Assert.Null(version.Damage));
        folder.Dispose();
        second.Dispose();
        Directory.Delete(from, recursive: true);
        Directory.Delete(to, recursive: true);
    }

    private static Task<StoreBeat> BeatAsync(PostgresModelStore store, long reached, params string[] preparing) =>
        store.BeatAsync(new ServerProgress(reached, preparing, preparing), Token);
}

/// <summary>With blobs in S3.</summary>
public sealed class PostgresAndS3Tests(PostgresServer postgres, PostgresAndS3Tests.Service service)
    : PostgresModelStoreContract(postgres),
        IClassFixture<PostgresAndS3Tests.Service>
{
    public override async ValueTask InitializeAsync()
    {
        var s3 = await service.GetAsync();
        Blobs = new BlobOptions
        {
            Kind = "s3",
            Endpoint = $"http://127.0.0.1:{s3.Port}",
            AccessKey = "S3RVER",
            SecretKey = "S3RVER",
        };
    }

    internal override IBlobStore CreateBlobs() => new S3BlobStore(Blobs);

    public sealed class Service() : StandInOfAClass(StandIn.S3Async);
}

/// <summary>With blobs in Azure.</summary>
public sealed class PostgresAndAzureTests(PostgresServer postgres, PostgresAndAzureTests.Service service)
    : PostgresModelStoreContract(postgres),
        IClassFixture<PostgresAndAzureTests.Service>
{
    public override async ValueTask InitializeAsync()
    {
        var azure = await service.GetAsync();

        // The account and the key that every such stand-in has.
        const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
        Blobs = new BlobOptions
        {
            Kind = "azure",
            Connection =
                "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
                + $"AccountKey={Key};BlobEndpoint=http://127.0.0.1:{azure.Port}/devstoreaccount1;",
        };
        await new BlobContainerClient(Blobs.Connection, Blobs.Bucket).CreateIfNotExistsAsync(
            cancellationToken: TestContext.Current.CancellationToken
        );
    }

    internal override IBlobStore CreateBlobs() => new AzureBlobStore(Blobs);

    public sealed class Service() : StandInOfAClass(StandIn.AzureAsync);
}

/// <summary>A stand-in that the tests of a class share; it starts with the first one.</summary>
public abstract class StandInOfAClass(Func<Task<StandIn>> start) : IAsyncLifetime
{
    private Task<StandIn>? started;

    public Task<StandIn> GetAsync() => started ??= start();

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (started is { IsCompletedSuccessfully: true })
            (await started).Dispose();
        GC.SuppressFinalize(this);
    }
}
