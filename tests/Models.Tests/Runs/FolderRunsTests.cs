using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Runs;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Tests.Storage;

namespace ModelService.Models.Tests.Runs;

/// <summary>The runs of a server by itself, without what they compute.</summary>
public sealed class FolderRunsTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("runs-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Cancel_KeepingWhileNoProcessRuns_AsksTheNextOneAndEndsNothing()
    {
        using var folder = OpenFolder();
        using var runs = new FolderRuns<TestRun>(folder, new TestKind(root), TimeProvider.System);
        var entry = await StartAsync(runs, folder);

        await runs.CancelAsync("one", keep: true, Token);
        var isAsked = false;
        using var asking = entry.Finishing.Token.Register(() => isAsked = true); // as a process does that starts

        Assert.True(isAsked);
        Assert.Equal(RunState.Running, entry.Current.State);
        Assert.False(entry.Cancellation.IsCancellationRequested);
        Assert.True(File.Exists(Path.Combine(entry.Path, TestKind.Work)));
    }

    [Fact]
    public async Task Cancel_KeepingOneThatWaits_EndsIt()
    {
        using var folder = OpenFolder();
        using var runs = new FolderRuns<TestRun>(folder, new TestKind(root), TimeProvider.System);
        await AddAsync(runs, folder);

        await runs.CancelAsync("one", keep: true, Token);

        Assert.Equal(RunState.Cancelled, (await runs.FindAsync("one", Token))!.Run.State);
    }

    [Fact]
    public async Task Open_WhileTheOwnerWritesAnEvent_LeavesItsFileAlone()
    {
        string path;
        using (var folder = OpenFolder())
        {
            using var runs = new FolderRuns<TestRun>(folder, new TestKind(root), TimeProvider.System);
            path = Path.Combine((await StartAsync(runs, folder)).Path, "events.jsonl");
        }

        await File.WriteAllTextAsync(path, "{\"id\":1}\n{\"id\":", Token);
        using (var reader = OpenFolder(readOnly: true))
        {
            using var runs = new FolderRuns<TestRun>(reader, new TestKind(root), TimeProvider.System);
            runs.Open();

            Assert.Equal("{\"id\":1}\n{\"id\":", await File.ReadAllTextAsync(path, Token));
            Assert.Equal(["""{"id":1}"""], await EventsAsync(runs));
        }

        // The owner was killed in the middle of the line, and goes on.
        using var owner = OpenFolder();
        using var again = new FolderRuns<TestRun>(owner, new TestKind(root), TimeProvider.System);
        again.Open();
        await foreach (var entry in again.TakeAsync(Token))
        {
            entry.Events.Add(new JsonObject { ["event"] = "step" });
            break;
        }

        Assert.Equal(["""{"id":1}""", """{"id":2,"event":"step"}"""], await EventsAsync(again));
        Assert.Equal("{\"id\":1}\n{\"id\":2,\"event\":\"step\"}\n", await File.ReadAllTextAsync(path, Token));
    }

    private DataFolder OpenFolder(bool readOnly = false)
    {
        var folder = new DataFolder(
            Options.Create(new StorageOptions { Path = root, ReadOnly = readOnly }),
            new StoreFactory.Host(),
            NullLogger<DataFolder>.Instance
        );
        folder.Open();
        return folder;
    }

    private static async Task AddAsync(FolderRuns<TestRun> runs, DataFolder folder)
    {
        var staged = folder.NewStagingPath();
        DurableFiles.CreateFolder(staged);
        await File.WriteAllTextAsync(Path.Combine(staged, TestKind.Work), "", Token);
        var run = new TestRun
        {
            Id = "one",
            Model = "pets",
            State = RunState.Queued,
            Created = DateTimeOffset.UnixEpoch,
            From = "pets@1",
        };
        Assert.True(await runs.AddAsync(run, staged, Token));
    }

    // A run that a worker has taken and begun.
    private static async Task<RunEntry<TestRun>> StartAsync(FolderRuns<TestRun> runs, DataFolder folder)
    {
        await AddAsync(runs, folder);
        var entry = await runs.TakeAsync(Token).FirstAsync(Token);
        entry.Change(run => run with { State = RunState.Running });
        return entry;
    }

    private static async Task<List<string>> EventsAsync(FolderRuns<TestRun> runs) =>
        await runs.ReadEventsAsync("one", 0, follow: false, Token)
            .Select((JsonElement item) => item.GetRawText())
            .ToListAsync(Token);

    private sealed record TestRun : Run;

    private sealed class TestKind(string root) : RunKind<TestRun>
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
}
