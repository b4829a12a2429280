using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Runs;
using ModelService.Models.Tests.Runs.Support;

namespace ModelService.Models.Tests.Runs;

/// <summary>The runs of a server by itself, without what they compute.</summary>
public sealed class FolderRunsTests : IDisposable
{
    private readonly RunsFolder folder = new();

    private static CancellationToken Token => RunsFolder.Token;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Cancel_KeepingWhileNoProcessRuns_AsksTheNextOneAndEndsNothing()
    {
        using var runs = folder.CreateRuns();
        var entry = await folder.StartAsync(runs);

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
        using var runs = folder.CreateRuns();
        await folder.AddAsync(runs);

        await runs.CancelAsync("one", keep: true, Token);

        Assert.Equal(RunState.Cancelled, (await runs.FindAsync("one", Token))!.Run.State);
    }

    [Fact]
    public async Task Add_AnOldRunThatCannotBeForgotten_IsQueuedAllTheSame()
    {
        using var runs = folder.CreateRuns();
        await folder.AddAsync(runs);
        var old = await runs.TakeAsync(Token).FirstAsync(Token);
        old.Change(run => run.End(RunState.Failed, null, "It failed.", DateTimeOffset.UnixEpoch));
        Directory.Delete(old.Path, recursive: true); // so that it can't be moved, as when another request just moves it

        await folder.AddAsync(runs, "two");

        Assert.Equal("two", (await runs.TakeAsync(Token).FirstAsync(Token)).Current.Id);
    }

    [Fact]
    public async Task Remove_ByManyAtOnce_FailsForNone()
    {
        using var runs = folder.CreateRuns();
        for (var time = 0; time < 50; time++)
        {
            await folder.AddAsync(runs);
            await runs.CancelAsync("one", keep: false, Token);

            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => runs.RemoveAsync("one"), Token)));

            Assert.Null(await runs.FindAsync("one", Token));
        }
    }

    [Fact]
    public async Task Open_WhileTheOwnerWritesAnEvent_LeavesItsFileAlone()
    {
        string path;
        using (var runs = folder.CreateRuns())
            path = Path.Combine((await folder.StartAsync(runs)).Path, "events.jsonl");

        await File.WriteAllTextAsync(path, "{\"id\":1}\n{\"id\":", Token);
        using (var reader = folder.Open(readOnly: true))
        {
            using var runs = folder.CreateRuns(reader);
            runs.Open();

            Assert.Equal("{\"id\":1}\n{\"id\":", await File.ReadAllTextAsync(path, Token));
            Assert.Equal(["""{"id":1}"""], await EventsAsync(runs));
        }

        // The owner was killed in the middle of the line, and goes on.
        using var again = folder.CreateRuns();
        again.Open();
        await foreach (var entry in again.TakeAsync(Token))
        {
            entry.Events.Add(new JsonObject { ["event"] = "step" });
            break;
        }

        Assert.Equal(["""{"id":1}""", """{"id":2,"event":"step"}"""], await EventsAsync(again));
        Assert.Equal("{\"id\":1}\n{\"id\":2,\"event\":\"step\"}\n", await File.ReadAllTextAsync(path, Token));
    }

    private static async Task<List<string>> EventsAsync(FolderRuns<TestRun> runs) =>
        await runs.ReadEventsAsync("one", 0, follow: false, Token)
            .Select((JsonElement item) => item.GetRawText())
            .ToListAsync(Token);
}
