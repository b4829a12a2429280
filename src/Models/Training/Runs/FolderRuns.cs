using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Training.Runs;

/// <summary>
/// The trainings of one server, each a folder. They are read when the server starts, and those that had not ended go
/// on.
/// </summary>
/// <param name="folder">The data folder.</param>
/// <param name="options">The limits of trainings.</param>
/// <param name="clock">The time of ends.</param>
internal sealed class FolderRuns(DataFolder folder, IOptions<TrainingOptions> options, TimeProvider clock)
    : IRunStore,
        IDisposable
{
    private readonly ConcurrentDictionary<string, RunEntry> entries = new(StringComparer.Ordinal);
    private readonly Channel<RunEntry> waiting = Channel.CreateUnbounded<RunEntry>();

    /// <inheritdoc/>
    public LeaseCounts? Leases => null;

    /// <inheritdoc/>
    public void Open()
    {
        if (!Directory.Exists(folder.Trainings))
            return;
        foreach (var path in Directory.GetDirectories(folder.Trainings))
        {
            if (RunEntry.Open(folder, path) is { } entry)
                entries[entry.Current.Id] = entry;
        }

        if (!folder.IsWritable)
            return;
        var left = entries
            .Values.Where(entry => !entry.Current.IsOver)
            .OrderByDescending(entry => entry.Current.State == TrainingState.Running)
            .ThenBy(entry => entry.Current.Created);
        foreach (var entry in left)
            waiting.Writer.TryWrite(entry);
    }

    /// <inheritdoc/>
    public Task<(long Queued, long Running)> CountAsync(CancellationToken cancellationToken)
    {
        var now = entries.Values.CountBy(entry => entry.Current.State).ToDictionary();
        return Task.FromResult<(long, long)>(
            (now.GetValueOrDefault(TrainingState.Queued), now.GetValueOrDefault(TrainingState.Running))
        );
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TrainingStatus>> ListAsync(string? model, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TrainingStatus>>([
            .. entries
                .Values.Select(Describe)
                .Where(status => model is null || status.Run.Model == model)
                .OrderByDescending(status => status.Run.Id, StringComparer.Ordinal),
        ]);

    /// <inheritdoc/>
    public Task<TrainingStatus?> FindAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(entries.GetValueOrDefault(id) is { } entry ? Describe(entry) : null);

    /// <inheritdoc/>
    public Task<Failure?> CheckRoomAsync(CancellationToken cancellationToken)
    {
        var (most, queued) = (options.Value.MaxRunning, options.Value.MaxQueued);
        return Task.FromResult(
            most == 0
                ? new Failure(ErrorCode.ReadOnly, "This server does not train (ModelService:Training:MaxRunning is 0).")
            : entries.Values.Count(entry => !entry.Current.IsOver) >= most + queued ? TrainingCatalog.Full(queued)
            : null
        );
    }

    /// <inheritdoc/>
    public Task<bool> AddAsync(TrainingRun run, string staged, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder.Trainings, run.Id);
        if (Directory.Exists(path))
            return Task.FromResult(false);
        folder.Write(() =>
        {
            Directory.Move(staged, path);
            return path;
        });
        RunEntry entry;
        try
        {
            entry = RunEntry.Create(folder, path, run);
        }
        catch
        {
            folder.DeleteStaged(path);
            throw;
        }

        entries[run.Id] = entry;
        Forget();
        waiting.Writer.TryWrite(entry);
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public async Task CancelAsync(string id, bool keep, CancellationToken cancellationToken)
    {
        if (!entries.TryGetValue(id, out var entry) || entry.Current.IsOver)
            return;
        if (keep && entry.TryFinish())
            return;
        await entry.Cancellation.CancelAsync();

        // One that nobody works on ends here, also when it ran before the server was started again.
        entry.Change(run =>
            run.IsOver || entry.IsAtWork
                ? null
                : run.End(TrainingState.Cancelled, null, TrainingCatalog.WasCancelled, clock.GetUtcNow())
        );
        await entry.Ended.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string id)
    {
        if (entries.TryGetValue(id, out var entry))
            Delete(entry);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<JsonElement> ReadEventsAsync(
        string id,
        long after,
        bool follow,
        CancellationToken cancellationToken
    ) =>
        entries.GetValueOrDefault(id)?.Events.ReadAsync(after, follow, cancellationToken)
        ?? AsyncEnumerable.Empty<JsonElement>();

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEntry> TakeAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var entry in waiting.Reader.ReadAllAsync(cancellationToken))
        {
            entry.IsAtWork = true;
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var entry in entries.Values)
            entry.Dispose();
    }

    private static TrainingStatus Describe(RunEntry entry)
    {
        var run = entry.Current;
        return run.State == TrainingState.Running
            ? new TrainingStatus(run, entry.Events.Latest, entry.Events.Best)
            : new TrainingStatus(run, null, null);
    }

    // The oldest that have ended make room.
    private void Forget()
    {
        var over = entries.Values.Where(entry => entry.Current.IsOver).OrderBy(entry => entry.Current.Id).ToList();
        foreach (var entry in over.Take(Math.Max(0, entries.Count - options.Value.MaxKept)))
            Delete(entry);
    }

    private void Delete(RunEntry entry)
    {
        var staged = folder.NewStagingPath();
        folder.Write(() =>
        {
            Directory.Move(entry.Path, staged);
            return staged;
        });
        entries.TryRemove(entry.Current.Id, out _);
        folder.DeleteStaged(staged);
    }
}
