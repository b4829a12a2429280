using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using ModelService.Models.Errors;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Runs;

/// <summary>
/// The runs of one server, each a folder. They are read when the server starts, and those that had not ended go
/// on.
/// </summary>
/// <typeparam name="TRun">The kind of run.</typeparam>
/// <param name="folder">The data folder.</param>
/// <param name="kind">The kind of run.</param>
/// <param name="clock">The time of ends.</param>
internal sealed class FolderRuns<TRun>(DataFolder folder, RunKind<TRun> kind, TimeProvider clock)
    : IRunStore<TRun>,
        IDisposable
    where TRun : Run
{
    private readonly ConcurrentDictionary<string, RunEntry<TRun>> entries = new(StringComparer.Ordinal);
    private readonly Channel<RunEntry<TRun>> waiting = Channel.CreateUnbounded<RunEntry<TRun>>();

    /// <inheritdoc/>
    public LeaseCounts? Leases => null;

    /// <inheritdoc/>
    public void Open()
    {
        if (!Directory.Exists(kind.Folder))
            return;
        foreach (var path in Directory.GetDirectories(kind.Folder))
        {
            if (RunEntry<TRun>.Open(folder, kind, path) is { } entry)
                entries[entry.Current.Id] = entry;
        }

        if (!folder.IsWritable)
            return;
        var left = entries
            .Values.Where(entry => !entry.Current.IsOver)
            .OrderByDescending(entry => entry.Current.State == RunState.Running)
            .ThenBy(entry => entry.Current.Created);
        foreach (var entry in left)
            waiting.Writer.TryWrite(entry);
    }

    /// <inheritdoc/>
    public Task<(long Queued, long Running)> CountAsync(CancellationToken cancellationToken)
    {
        var now = entries.Values.CountBy(entry => entry.Current.State).ToDictionary();
        return Task.FromResult<(long, long)>(
            (now.GetValueOrDefault(RunState.Queued), now.GetValueOrDefault(RunState.Running))
        );
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunStatus<TRun>>> ListAsync(string? model, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RunStatus<TRun>>>([
            .. entries
                .Values.Select(Describe)
                .Where(status => model is null || status.Run.Model == model)
                .OrderByDescending(status => status.Run.Created)
                .ThenByDescending(status => status.Run.Id, StringComparer.Ordinal),
        ]);

    /// <inheritdoc/>
    public Task<RunStatus<TRun>?> FindAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(entries.GetValueOrDefault(id) is { } entry ? Describe(entry) : null);

    /// <inheritdoc/>
    public Task<Failure?> CheckRoomAsync(CancellationToken cancellationToken)
    {
        var limits = kind.Limits;
        return Task.FromResult(
            limits.MaxRunning == 0
                ? new Failure(
                    ErrorCode.ReadOnly,
                    $"This server runs no {kind.Name}s (ModelService:Training:MaxRunning is 0)."
                )
            : entries.Values.Count(entry => !entry.Current.IsOver) >= limits.MaxRunning + limits.MaxQueued ? kind.Full
            : null
        );
    }

    /// <inheritdoc/>
    public Task<bool> AddAsync(TRun run, string staged, CancellationToken cancellationToken)
    {
        var path = Path.Combine(kind.Folder, run.Id);
        if (Directory.Exists(path))
            return Task.FromResult(false);
        folder.Write(() =>
        {
            Directory.Move(staged, path);
            return path;
        });
        RunEntry<TRun> entry;
        try
        {
            entry = RunEntry<TRun>.Create(folder, kind, path, run);
        }
        catch
        {
            folder.DeleteStaged(path);
            throw;
        }

        entries[run.Id] = entry;
        waiting.Writer.TryWrite(entry);
        Forget();
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public async Task CancelAsync(string id, bool keep, CancellationToken cancellationToken)
    {
        if (!entries.TryGetValue(id, out var entry) || entry.Current.IsOver)
            return;
        if (keep && entry.Current.State == RunState.Running)
        {
            await entry.Finishing.CancelAsync();
            return;
        }

        await entry.Cancellation.CancelAsync();

        // One that nobody works on ends here, also when it ran before the server was started again.
        entry.Change(run =>
            run.IsOver || entry.IsAtWork ? null : run.End(RunState.Cancelled, null, Run.WasCancelled, clock.GetUtcNow())
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
    public async IAsyncEnumerable<RunEntry<TRun>> TakeAsync(
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

    private static RunStatus<TRun> Describe(RunEntry<TRun> entry)
    {
        var run = entry.Current;
        return run.State == RunState.Running
            ? new RunStatus<TRun>(run, entry.Events.Latest, entry.Events.Best)
            : new RunStatus<TRun>(run, null, null);
    }

    // The oldest that have ended make room.
    private void Forget()
    {
        var over = entries.Values.Where(entry => entry.Current.IsOver).OrderBy(entry => entry.Current.Created).ToList();
        foreach (var entry in over.Take(Math.Max(0, entries.Count - kind.Limits.MaxKept)))
        {
            try
            {
                Delete(entry);
            }
            catch (ServingException)
            {
                // It was logged. The new run is there all the same, and the next one tries again.
            }
        }
    }

    // Of several requests at once, one deletes the folder.
    private void Delete(RunEntry<TRun> entry)
    {
        var id = entry.Current.Id;
        if (!entries.TryRemove(id, out _))
            return;
        var staged = folder.NewStagingPath();
        try
        {
            folder.Write(() =>
            {
                Directory.Move(entry.Path, staged);
                return staged;
            });
        }
        catch (ServingException)
        {
            entries[id] = entry;
            throw;
        }

        folder.DeleteStaged(staged);
    }
}
