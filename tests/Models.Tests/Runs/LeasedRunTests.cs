using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Runs;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Blobs;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;
using ModelService.Models.Tests.Runs.Support;

namespace ModelService.Models.Tests.Runs;

/// <summary>A run that servers share, on the server that has taken it.</summary>
public sealed class LeasedRunTests(PostgresServer postgres)
{
    private static CancellationToken Token => RunsFolder.Token;

    [Fact]
    public async Task Prepare_FilesThatCannotBeWritten_WaitsUntilTheyCan()
    {
        using var folder = new RunsFolder();
        var options = new StorageOptions { Connection = postgres.CreateDatabase(), Path = folder.Root };
        await using var database = new Database(options, NullLogger<Database>.Instance);
        await Migrations.UpAsync(database);
        var cache = new BlobCache(Path.Combine(folder.Root, "cache"), 1 << 20);
        cache.Open();
        var store = new FileBlobStore(Path.Combine(folder.Root, "blobs"));
        using var blobs = new BlobFiles(store, cache, NullLogger<BlobFiles>.Instance);
        var jobs = new JobTable(database, blobs, Options.Create(options));
        var run = TestRun.Create("one");
        var source = Path.Combine(folder.Root, "source");
        await File.WriteAllTextAsync(source, "input", Token);
        var files = new Dictionary<string, StoredFile> { [TestKind.Work] = await jobs.StoreAsync(source, Token) };
        await jobs.AddAsync(folder.Kind.Name, run.Id, run.Model, RunEntry<TestRun>.Write(run), files);
        var job = (await jobs.TakeAsync(folder.Kind.Name))!;
        var work = Path.Combine(folder.Data.NewStagingPath(), TestKind.Work);
        DurableFiles.CreateFolder(work); // where the file should be
        var services = new LeasedRunServices<TestRun>(
            jobs,
            folder.Kind,
            folder.Data,
            TimeProvider.System,
            NullLogger.Instance
        );
        var taken = new LeasedRun<TestRun>(job, Path.GetDirectoryName(work)!, run, services);

        var thrown = await Assert.ThrowsAsync<ServingException>(() => taken.PrepareAsync(Token));
        Assert.Equal(ErrorCode.StorageUnavailable, thrown.Code);
        Assert.True(await taken.WaitAsync(thrown.Failure, Token));
        Directory.Delete(work);
        await taken.PrepareAsync(Token);

        Assert.Equal("input", await File.ReadAllTextAsync(work, Token));
        await taken.CloseAsync(Token);
        Assert.Equal((1, true), ((await jobs.TakeAsync(folder.Kind.Name))!.Attempts, job.IsNew));
    }
}
