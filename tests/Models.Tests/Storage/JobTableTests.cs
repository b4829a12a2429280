using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Blobs;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;

namespace ModelService.Models.Tests.Storage;

/// <summary>Jobs that servers share: one server at a time has each, and one that has lost it writes nothing.</summary>
public sealed class JobTableTests(PostgresServer postgres) : IAsyncLifetime
{
    private const string Kind = "training";

    private readonly string root = Directory.CreateTempSubdirectory("jobs-").FullName;
    private readonly List<IDisposable> open = [];
    private Database database = null!;
    private BlobFiles blobs = null!;
    private JobTable jobs = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var options = new StorageOptions { Connection = postgres.CreateDatabase(), Path = root };
        database = new Database(options, NullLogger<Database>.Instance);
        await Migrations.UpAsync(database);
        var cache = new BlobCache(Path.Combine(root, "cache"), 1 << 20);
        cache.Open();
        blobs = new BlobFiles(CreateBlobs(), cache, NullLogger<BlobFiles>.Instance);
        jobs = new JobTable(database, blobs, Options.Create(options));
    }

    public async ValueTask DisposeAsync()
    {
        open.ForEach(item => item.Dispose());
        blobs?.Dispose();
        if (database is not null)
            await database.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task Take_ManyServersAtOnce_EachJobIsTakenOnceAndTheOldestFirst()
    {
        foreach (var id in (string[])["a", "b", "c"])
            await AddAsync(id);

        Assert.Equal((3, 0), await jobs.CountAsync(Kind, Token));
        var first = await TakeAsync();
        var others = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => jobs.TakeAsync(Kind)));

        Assert.Equal("a", first.Lease.Job);
        Assert.Equal(["b", "c"], others.OfType<TakenJob>().Select(job => job.Lease.Job).Order());
        Assert.Null(await jobs.TakeAsync("another kind"));
        Assert.Equal((0, 3), await jobs.CountAsync(Kind, Token));
        Assert.False(await jobs.AddAsync(Kind, "a", "pets", "again", new Dictionary<string, StoredFile>()));
    }

    [Fact]
    public async Task Lease_ThatHasEnded_LetsAnotherServerTakeTheJobAndTheFirstWriteNothing()
    {
        await AddAsync("a");
        var first = await TakeAsync();
        var checkpoint = await WriteAsync("first");
        await EndLeaseAsync("a");
        var second = await TakeAsync();

        await Assert.ThrowsAsync<LeaseLostException>(() => jobs.RenewAsync(first.Lease, "first", null, 1, ["{}"]));
        await Assert.ThrowsAsync<LeaseLostException>(() => jobs.EndAsync(first.Lease, "first"));
        await Assert.ThrowsAsync<LeaseLostException>(() =>
            jobs.ReplaceAsync(first.Lease, "checkpoint", checkpoint, Token)
        );
        await jobs.ReleaseAsync(first.Lease);

        Assert.Null(await jobs.TakeAsync(Kind));
        Assert.Equal((first.Lease.Number + 1, 2), (second.Lease.Number, second.Attempts));
        Assert.Equal((false, true), (first.IsTakeover, second.IsTakeover));
        var job = (await jobs.FindAsync(Kind, "a", Token))!;
        Assert.Equal(("record", false), (job.Record, job.IsOver));
        await EndLeaseAsync("a");
        Assert.Equal((0, 0), ((await TakeAsync()).Events, (await jobs.ReadEventsAsync(Kind, "a", 0, Token))!.Count));
    }

    [Fact]
    public async Task Lease_RenewedAfterItsEnd_HoldsIfNobodyTookTheJob()
    {
        await AddAsync("a");
        var job = await TakeAsync();
        await EndLeaseAsync("a");

        await jobs.RenewAsync(job.Lease, "further", null, 1, []);

        Assert.Null(await jobs.TakeAsync(Kind));
        Assert.Equal("further", (await jobs.FindAsync(Kind, "a", Token))!.Record);
    }

    [Fact]
    public async Task Release_GivesTheJobToTheNextAtOnceAndDoesNotCount()
    {
        await AddAsync("a");
        await AddAsync("b");
        await jobs.ReleaseAsync((await TakeAsync()).Lease);

        var next = await TakeAsync();

        Assert.Equal(("a", 1, false), (next.Lease.Job, next.Attempts, next.IsTakeover));
    }

    [Fact]
    public async Task Release_BeforeAnythingHasBegun_LeavesTheJobWaiting()
    {
        await AddAsync("a");
        var job = await TakeAsync();
        await jobs.ReleaseAsync(job.Lease, hasBegun: !job.IsNew);

        Assert.Equal((1, 0), await jobs.CountAsync(Kind, Token));
        var again = await TakeAsync();
        await jobs.ReleaseAsync(again.Lease);

        Assert.Equal((0, 1), await jobs.CountAsync(Kind, Token));
        Assert.Equal((true, true, 1), (job.IsNew, again.IsNew, again.Attempts));
        Assert.False((await TakeAsync()).IsNew);
    }

    [Fact]
    public async Task Renew_EventsThatAreStoredAlready_StoresThemOnce()
    {
        await AddAsync("a");
        var job = await TakeAsync();

        await jobs.RenewAsync(job.Lease, "record", "half", 1, ["one", "two"]);
        var renewal = await jobs.RenewAsync(job.Lease, "record", null, 1, ["one", "two", "three"]);

        Assert.Equal(3, renewal.Events);
        var all = (await jobs.ReadEventsAsync(Kind, "a", 0, Token))!;
        Assert.Equal(["one\ntwo", "three"], all.Lines);
        Assert.Equal((3, "half"), (all.Count, all.Job.Progress));
        Assert.Equal(["three"], (await jobs.ReadEventsAsync(Kind, "a", 2, Token))!.Lines);
    }

    [Fact]
    public async Task Wish_OfAClient_ReachesTheServerOfTheJob()
    {
        await AddAsync("a");
        await jobs.WishAsync(Kind, "a", "cancel"); // nobody has it
        var job = await TakeAsync();

        Assert.Null((await jobs.RenewAsync(job.Lease, "record", null, 1, [])).Wish);
        await jobs.WishAsync(Kind, "a", "cancel");
        Assert.Equal("cancel", (await jobs.RenewAsync(job.Lease, "record", null, 1, [])).Wish);
    }

    [Fact]
    public async Task EndFree_OnlyWhatNoServerWorksOn()
    {
        await AddAsync("waits");
        await AddAsync("runs");
        await jobs.EndFreeAsync(Kind, "waits", interrupted: false, record => record + " ended");
        var job = await TakeAsync();
        await jobs.EndFreeAsync(Kind, "runs", interrupted: true, _ => "wrong");
        await EndLeaseAsync("runs");
        await jobs.EndFreeAsync(Kind, "runs", interrupted: false, _ => "wrong");

        Assert.Equal(["record", "record ended"], (await jobs.ListAsync(Kind, null, Token)).Select(item => item.Record));
        await jobs.EndFreeAsync(Kind, "runs", interrupted: true, record => record + " ended");

        Assert.All(await jobs.ListAsync(Kind, "pets", Token), item => Assert.Equal("record ended", item.Record));
        await Assert.ThrowsAsync<LeaseLostException>(() => jobs.RenewAsync(job.Lease, "record", null, 1, []));
    }

    [Fact]
    public async Task PutVersion_OfAJob_EndsItInTheSameStepOrStoresNothing()
    {
        await AddAsync("a");
        var lost = await TakeAsync();
        await EndLeaseAsync("a");
        var held = await TakeAsync();
        var store = CreateStore();
        await store.OpenAsync(Token);

        await Assert.ThrowsAsync<LeaseLostException>(() => store.PutVersionAsync(Made(lost, 1), Token));
        Assert.Empty(await CreateStore().OpenAsync(Token));
        await store.PutVersionAsync(Made(held, 1), Token);
        await Assert.ThrowsAsync<LeaseLostException>(() => store.PutVersionAsync(Made(held, 2), Token));

        Assert.Equal(1, Assert.Single(Assert.Single(await CreateStore().OpenAsync(Token)).Versions).Version);
        var job = (await jobs.FindAsync(Kind, "a", Token))!;
        Assert.Equal(("made version 1", true), (job.Record, job.IsOver));
        Assert.True((await jobs.RenewAsync(held.Lease, "late", null, 1, [])).IsOver);
        await jobs.EndAsync(held.Lease, "late");
        Assert.Equal("made version 1", (await jobs.FindAsync(Kind, "a", Token))!.Record);
    }

    [Fact]
    public async Task Files_OfAJob_OutlastASweepUntilTheyAreReplacedOrTheJobIsOver()
    {
        var input = await jobs.StoreAsync(await WriteAsync("input"), Token);
        await jobs.AddAsync(Kind, "a", "pets", "record", new Dictionary<string, StoredFile> { ["input"] = input });
        var job = await TakeAsync();
        await jobs.ReplaceAsync(job.Lease, "checkpoint", await WriteAsync("one"), Token);
        await EndLeaseAsync("a");
        var one = (await TakeAsync()).Files["checkpoint"];
        await EndLeaseAsync("a");
        var next = await TakeAsync();

        await jobs.ReplaceAsync(next.Lease, "checkpoint", await WriteAsync("two"), Token);
        Assert.Equal(0, await SweepAsync());

        Assert.Null(await CreateBlobs().OpenAsync(one.Sha256, Token)); // not only at the next sweep
        await EndLeaseAsync("a");
        var last = await TakeAsync();
        var copy = Path.Combine(root, "copy");
        await jobs.FetchAsync(last.Files["checkpoint"], copy, Token);
        Assert.Equal("two", await File.ReadAllTextAsync(copy, Token));
        await jobs.FetchAsync(last.Files["input"], copy, Token);
        Assert.Equal("input", await File.ReadAllTextAsync(copy, Token));
        await jobs.EndAsync(last.Lease, "record");
        Assert.Equal(2, await SweepAsync());
    }

    [Fact]
    public async Task Forget_TheOldestThatAreOver()
    {
        foreach (var id in (string[])["1", "2", "3", "4"])
        {
            await AddAsync(id);
            if (id != "1")
                await jobs.EndFreeAsync(Kind, id, interrupted: false, _ => id);
        }

        await jobs.RemoveAsync(Kind, "1"); // it is not over
        await jobs.ForgetAsync(Kind, 3);
        Assert.Equal(["4", "3", "record"], (await jobs.ListAsync(Kind, null, Token)).Select(job => job.Record));
        await jobs.RemoveAsync(Kind, "4");
        Assert.Null(await jobs.FindAsync(Kind, "4", Token));
    }

    [Fact]
    public async Task Take_ServerThatFellSilentInTheMiddleOfAChange_LosesTheJob()
    {
        await AddAsync("a");
        await TakeAsync();
        await EndLeaseAsync("a");
        var (locked, heardAgain) = (new TaskCompletionSource(), new TaskCompletionSource());
        var silent = database.ChangeAsync(async connection =>
        {
            await connection.RunAsync("update jobs set record = 'late' where id = 'a'");
            locked.SetResult();
            await heardAgain.Task;
            return 0;
        });
        await locked.Task;
        Assert.Null(await jobs.TakeAsync(Kind));

        var taken = await Eventually.GetAsync<TakenJob?>(() => jobs.TakeAsync(Kind), job => job is not null);
        heardAgain.SetResult();

        Assert.Equal("record", taken!.Record);
        Assert.Equal(
            ErrorCode.StorageUnavailable,
            (await Assert.ThrowsAsync<ServingException>(() => silent)).Failure.Code
        );
        Assert.Equal("record", (await jobs.FindAsync(Kind, "a", Token))!.Record);
    }

    private async Task AddAsync(string id, string record = "record") =>
        Assert.True(await jobs.AddAsync(Kind, id, "pets", record, new Dictionary<string, StoredFile>()));

    private async Task<TakenJob> TakeAsync()
    {
        var job = await jobs.TakeAsync(Kind);
        Assert.NotNull(job);
        return job;
    }

    // As if the server of the job had been silent for long enough.
    private Task EndLeaseAsync(string id) =>
        database.ChangeAsync(connection =>
            connection.RunAsync("update jobs set lease_until = now() - interval '1 second' where id = $1", id)
        );

    private async Task<string> WriteAsync(string content)
    {
        var path = Path.Combine(root, content);
        await File.WriteAllTextAsync(path, content, Token);
        return path;
    }

    private Task<int> SweepAsync() =>
        new OrphanSweeper(
            database,
            CreateBlobs(),
            Options.Create(new BlobOptions { OrphanAge = TimeSpan.Zero }),
            Options.Create(new StorageOptions()),
            new FakeTimeProvider(),
            NullLogger<OrphanSweeper>.Instance
        ).SweepAsync(Token);

    private FileBlobStore CreateBlobs() => new(Path.Combine(root, "blobs"));

    private PostgresModelStore CreateStore()
    {
        var options = Options.Create(new StorageOptions { Path = Path.Combine(root, $"store-{open.Count}") });
        var folder = new DataFolder(options, new StoreFactory.Host(), NullLogger<DataFolder>.Instance);
        open.Add(folder);
        return new PostgresModelStore(
            database,
            blobs,
            folder,
            new StoredVersionReader(Options.Create(new ArchitectureLimits()), NullLogger<StoredVersionReader>.Instance),
            options,
            Options.Create(new ClusterOptions()),
            TimeProvider.System
        );
    }

    private static VersionContent Made(TakenJob job, int version) =>
        ModelStoreContract.Version("pets", version, "abc") with
        {
            Job = new JobResult(job.Lease, manifest => $"made version {manifest.Version}"),
        };
}
