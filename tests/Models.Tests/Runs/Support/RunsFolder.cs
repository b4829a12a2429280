using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Runs;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Tests.Storage;

namespace ModelService.Models.Tests.Runs.Support;

/// <summary>A temporary data folder for runs that compute nothing.</summary>
internal sealed class RunsFolder : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("runs-").FullName;
    private DataFolder? data;

    public RunsFolder() => Kind = new TestKind(root);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public TestKind Kind { get; }

    public string Root => root;

    /// <summary>The data folder, which one server owns.</summary>
    public DataFolder Data => data ??= Open();

    /// <summary>The runs of the server that owns the data folder.</summary>
    public FolderRuns<TestRun> CreateRuns() => CreateRuns(Data);

    /// <summary>The runs of another server.</summary>
    public FolderRuns<TestRun> CreateRuns(DataFolder opened) => new(opened, Kind, TimeProvider.System);

    /// <summary>Opens the data folder as a further server does.</summary>
    public DataFolder Open(bool readOnly = false)
    {
        var opened = new DataFolder(
            Options.Create(new StorageOptions { Path = root, ReadOnly = readOnly }),
            new StoreFactory.Host(),
            NullLogger<DataFolder>.Instance
        );
        opened.Open();
        return opened;
    }

    /// <summary>Adds a run that waits.</summary>
    public async Task AddAsync(IRunStore<TestRun> runs, string id = "one")
    {
        var staged = Data.NewStagingPath();
        DurableFiles.CreateFolder(staged);
        await File.WriteAllTextAsync(Path.Combine(staged, TestKind.Work), "", Token);
        Assert.True(await runs.AddAsync(TestRun.Create(id), staged, Token));
    }

    /// <summary>Adds a run that a worker has taken and begun.</summary>
    public async Task<RunEntry<TestRun>> StartAsync(IRunStore<TestRun> runs)
    {
        await AddAsync(runs);
        var entry = await runs.TakeAsync(Token).FirstAsync(Token);
        entry.Change(run => run with { State = RunState.Running });
        return entry;
    }

    public void Dispose()
    {
        data?.Dispose();
        Directory.Delete(root, recursive: true);
    }
}

/// <summary>A run that computes nothing.</summary>
internal sealed record TestRun : Run
{
    /// <summary>One that waits.</summary>
    public static TestRun Create(string id) =>
        new()
        {
            Id = id,
            Model = "pets",
            State = RunState.Queued,
            Created = DateTimeOffset.UnixEpoch,
            From = "pets@1",
        };
}

/// <summary>The kind of runs that compute nothing.</summary>
internal sealed class TestKind(string root) : RunKind<TestRun>
{
    public const string Work = "work";

    public override string Name => "training";

    public override string Folder => Path.Combine(root, "trainings");

    public override IReadOnlyList<string> Files => [Work];

    public override RunLimits Limits => new(MaxRunning: 1, MaxQueued: 1, MaxKept: 1, MaxAttempts: 1);

    public override ErrorCode NotFound => ErrorCode.TrainingNotFound;

    public override ErrorCode Conflict => ErrorCode.TrainingConflict;

    public override Task AdoptAsync(string folder, CancellationToken cancellationToken) => Task.CompletedTask;
}
