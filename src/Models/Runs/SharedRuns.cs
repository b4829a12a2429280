using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;

namespace ModelService.Models.Runs;

/// <summary>
/// The runs of servers that share a database. Any server adds them, any one with a place takes them, and all tell the
/// same of them.
/// </summary>
/// <typeparam name="TRun">The kind of run.</typeparam>
/// <param name="jobs">The runs as rows.</param>
/// <param name="kind">The kind of run.</param>
/// <param name="registry">The models that this server knows.</param>
/// <param name="sync">Brings those that others have made.</param>
/// <param name="folder">Where this server keeps the files of those that it runs.</param>
/// <param name="storage">Whether the server changes anything.</param>
/// <param name="clock">Measures pauses.</param>
/// <param name="logger">Logs what was taken.</param>
internal sealed partial class SharedRuns<TRun>(
    JobTable jobs,
    RunKind<TRun> kind,
    ModelRegistry registry,
    RegistrySync sync,
    DataFolder folder,
    IOptions<StorageOptions> storage,
    TimeProvider clock,
    ILogger<SharedRuns<TRun>> logger
) : IRunStore<TRun>
    where TRun : Run
{
    private readonly LeasedRunServices<TRun> services = new(jobs, kind, folder, clock, logger);
    private readonly ConcurrentDictionary<string, LeasedRun<TRun>> held = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> unreadable = new(StringComparer.Ordinal); // left to others
    private long takeovers;
    private long lost;

    /// <inheritdoc/>
    public LeaseCounts? Leases => new(held.Count, Interlocked.Read(ref takeovers), Interlocked.Read(ref lost));

    /// <inheritdoc/>
    public void Open() { }

    /// <inheritdoc/>
    public Task<(long Queued, long Running)> CountAsync(CancellationToken cancellationToken) =>
        jobs.CountAsync(kind.Name, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunStatus<TRun>>> ListAsync(string? model, CancellationToken cancellationToken) =>
        await DescribeAsync(await jobs.ListAsync(kind.Name, model, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<RunStatus<TRun>?> FindAsync(string id, CancellationToken cancellationToken) =>
        await jobs.FindAsync(kind.Name, id, cancellationToken) is { } job
            ? await DescribeAsync(job, cancellationToken)
            : null;

    /// <inheritdoc/>
    public async Task<Failure?> CheckRoomAsync(CancellationToken cancellationToken)
    {
        var (queued, _) = await CountAsync(cancellationToken);
        return queued < Math.Max(1, kind.Limits.MaxQueued) ? null : kind.Full;
    }

    /// <inheritdoc/>
    public async Task<bool> AddAsync(TRun run, string staged, CancellationToken cancellationToken)
    {
        Dictionary<string, StoredFile> files = [];
        foreach (var name in kind.Files)
            files[name] = await jobs.StoreAsync(Path.Combine(staged, name), cancellationToken);
        if (!await jobs.AddAsync(kind.Name, run.Id, run.Model, RunEntry<TRun>.Write(run), files))
            return false;
        await jobs.ForgetAsync(kind.Name, kind.Limits.MaxKept);
        return true;
    }

    /// <inheritdoc/>
    public async Task CancelAsync(string id, bool keep, CancellationToken cancellationToken)
    {
        while (true)
        {
            // One that nobody works on ends here. One that was interrupted must be gone on with to be kept.
            await jobs.EndFreeAsync(kind.Name, id, interrupted: !keep, record => Cancelled(id, record));
            await jobs.WishAsync(kind.Name, id, keep ? LeasedRun<TRun>.Keep : LeasedRun<TRun>.Cancel);
            if (keep || await jobs.FindAsync(kind.Name, id, cancellationToken) is null or { IsOver: true })
                return;
            await Task.Delay(jobs.Poll / 2, clock, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string id) => jobs.RemoveAsync(kind.Name, id);

    /// <inheritdoc/>
    public async IAsyncEnumerable<JsonElement> ReadEventsAsync(
        string id,
        long after,
        bool follow,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        while (true)
        {
            JobEvents? part = null;
            try
            {
                part = await jobs.ReadEventsAsync(kind.Name, id, after, cancellationToken);
                if (part is null)
                    yield break; // it was forgotten
            }
            catch (ServingException) when (follow)
            {
                // The database is away: who follows waits for it.
            }

            foreach (var line in part?.Lines.SelectMany(lines => lines.Split('\n')) ?? [])
            {
                var item = JsonElement.Parse(line);
                if (item.GetProperty("id").GetInt64() <= after)
                    continue;
                after = item.GetProperty("id").GetInt64();
                yield return item;
            }

            if (part is { Lines.Count: > 0 })
                continue;
            var run = part is null ? null : (await DescribeAsync(part.Job, cancellationToken)).Run;
            if (run is { IsOver: true } && after <= part!.Count)
            {
                var end = RunEntry<TRun>.EndOf(run);
                end.Insert(0, "id", part.Count + 1);
                yield return JsonSerializer.SerializeToElement(end);
            }

            if (!follow || run is { IsOver: true })
                yield break;
            await Task.Delay(jobs.Poll / 2, clock, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEntry<TRun>> TakeAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        // Inside another program, there may be nothing to run them with.
        while (kind.CanRun && !storage.Value.ReadOnly)
        {
            if (await TryTakeAsync() is not { } entry)
            {
                await Task.Delay(jobs.Poll, clock, cancellationToken);
                continue;
            }

            held[entry.Current.Id] = entry;
            yield return entry;
            held.TryRemove(entry.Current.Id, out _);
            if (entry.IsLost)
                Interlocked.Increment(ref lost);
        }
    }

    private async Task<LeasedRun<TRun>?> TryTakeAsync()
    {
        try
        {
            if (await jobs.TakeAsync(kind.Name, [.. unreadable.Keys]) is not { } job)
                return null;
            if (TryRead(job.Lease.Job, job.Record) is { } run && TryCreateFolder() is { } path)
            {
                if (job.IsTakeover)
                    Interlocked.Increment(ref takeovers);
                LogTaken(kind.Name, run.Id, job.IsTakeover ? " from a server that was silent for too long" : "");
                return new LeasedRun<TRun>(job, path, run, services);
            }

            await jobs.ReleaseAsync(job.Lease, hasBegun: !job.IsNew);
            return null;
        }
        catch (ServingException)
        {
            return null; // the database is away: tried again
        }
    }

    // Without room on the disk, the run is left to other servers, and tried again.
    private string? TryCreateFolder()
    {
        var path = folder.NewStagingPath();
        try
        {
            DurableFiles.CreateFolder(path);
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNoFolder(exception, kind.Name);
            return null;
        }
    }

    // During an upgrade, a newer server may have added a run that this one can't read.
    private TRun? TryRead(string id, string record)
    {
        try
        {
            return RunEntry<TRun>.Read(record) ?? throw new JsonException("The record is empty.");
        }
        catch (JsonException exception)
        {
            if (unreadable.TryAdd(id, true))
                LogUnreadable(exception, kind.Name, id);
            return null;
        }
    }

    private string Cancelled(string id, string record)
    {
        var run = TryRead(id, record) ?? throw Unreadable(id);
        return RunEntry<TRun>.Write(run.End(RunState.Cancelled, null, Run.WasCancelled, clock.GetUtcNow()));
    }

    private ServingException Unreadable(string id) =>
        new(
            ErrorCode.StorageUnavailable,
            $"This server can't read the {kind.Name} '{id}': a server of a newer version has written it. "
                + "Ask that one, or try again when this one has been upgraded."
        );

    private async Task<RunStatus<TRun>> DescribeAsync(StoredJob job, CancellationToken cancellationToken) =>
        await DescribeAsync([job], cancellationToken) is [var status] ? status : throw Unreadable(job.Id);

    // Those that can't be read are left out. Whoever reads that a run has made a version finds the version here.
    private async Task<List<RunStatus<TRun>>> DescribeAsync(
        IReadOnlyList<StoredJob> found,
        CancellationToken cancellationToken
    )
    {
        var described = found.Select(Describe).OfType<RunStatus<TRun>>().ToList();
        try
        {
            if (described.Any(item => item.Run is { Version: { } made, Model: var name } && !Knows(name, made)))
                await sync.CatchUpAsync(cancellationToken);
        }
        catch (ServingException)
        {
            // The database is away since; what was read of it is right.
        }

        return described;
    }

    private bool Knows(string model, int version) => registry.Find(model, version).Value is not null;

    private RunStatus<TRun>? Describe(StoredJob job)
    {
        if (TryRead(job.Id, job.Record) is not { } run)
            return null;

        // The version of a run that ends here is stored a moment before it is served.
        if (run.IsOver && held.GetValueOrDefault(run.Id) is { IsLost: false, Current: { IsOver: false } here })
            run = here;
        var progress = run.State == RunState.Running && job.Progress is { } text ? JsonNode.Parse(text) : null;
        return new RunStatus<TRun>(
            run,
            progress?["progress"]?.DeepClone().AsObject(),
            progress?["best"]?.DeepClone().AsObject()
        );
    }

    [LoggerMessage(LogLevel.Information, "Takes {Kind} {Id}{From}")]
    private partial void LogTaken(string kind, string id, string from);

    [LoggerMessage(LogLevel.Error, "Leaves a {Kind} to other servers: its folder can't be created")]
    private partial void LogNoFolder(Exception exception, string kind);

    [LoggerMessage(LogLevel.Error, "Leaves {Kind} {Id} to other servers: its record can't be read here")]
    private partial void LogUnreadable(Exception exception, string kind, string id);
}
