using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Runs;

/// <summary>
/// The trainings of servers that share a database. Any server adds them, any one that trains takes them, and all tell
/// the same of them.
/// </summary>
/// <param name="jobs">The trainings as rows.</param>
/// <param name="adoption">Makes their jobs this server's.</param>
/// <param name="registry">The models that this server knows.</param>
/// <param name="sync">Brings those that others have made.</param>
/// <param name="folder">Where this server keeps the files of those that it runs.</param>
/// <param name="program">The program that trains.</param>
/// <param name="options">The limits of trainings.</param>
/// <param name="storage">Whether the server changes anything.</param>
/// <param name="clock">Measures pauses.</param>
/// <param name="logger">Logs what was taken.</param>
internal sealed partial class SharedRuns(
    JobTable jobs,
    JobAdoption adoption,
    ModelRegistry registry,
    RegistrySync sync,
    DataFolder folder,
    ProbeCommand program,
    IOptions<TrainingOptions> options,
    IOptions<StorageOptions> storage,
    TimeProvider clock,
    ILogger<SharedRuns> logger
) : IRunStore
{
    /// <summary>The kind of these jobs.</summary>
    public const string Kind = "training";

    private readonly LeasedRunServices services = new(jobs, adoption, folder, clock, logger);
    private readonly ConcurrentDictionary<string, LeasedRun> held = new(StringComparer.Ordinal);
    private long takeovers;
    private long lost;

    /// <inheritdoc/>
    public LeaseCounts? Leases => new(held.Count, Interlocked.Read(ref takeovers), Interlocked.Read(ref lost));

    /// <inheritdoc/>
    public void Open() { }

    /// <inheritdoc/>
    public Task<(long Queued, long Running)> CountAsync(CancellationToken cancellationToken) =>
        jobs.CountAsync(Kind, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TrainingStatus>> ListAsync(string? model, CancellationToken cancellationToken) =>
        await DescribeAsync(await jobs.ListAsync(Kind, model, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<TrainingStatus?> FindAsync(string id, CancellationToken cancellationToken) =>
        await jobs.FindAsync(Kind, id, cancellationToken) is { } job
            ? (await DescribeAsync([job], cancellationToken))[0]
            : null;

    /// <inheritdoc/>
    public async Task<Failure?> CheckRoomAsync(CancellationToken cancellationToken)
    {
        var most = options.Value.MaxQueued;
        var (queued, _) = await CountAsync(cancellationToken);
        return queued < Math.Max(1, most) ? null : TrainingCatalog.Full(most);
    }

    /// <inheritdoc/>
    public async Task<bool> AddAsync(TrainingRun run, string staged, CancellationToken cancellationToken)
    {
        Dictionary<string, StoredFile> files = [];
        foreach (var name in (string[])[TrainingJob.File, TrainingJob.InitialWeights])
            files[name] = await jobs.StoreAsync(Path.Combine(staged, name), cancellationToken);
        if (!await jobs.AddAsync(Kind, run.Id, run.Model, RunEntry.Write(run), files))
            return false;
        await jobs.ForgetAsync(Kind, options.Value.MaxKept);
        return true;
    }

    /// <inheritdoc/>
    public async Task CancelAsync(string id, bool keep, CancellationToken cancellationToken)
    {
        while (true)
        {
            // One that nobody works on ends here. One that was interrupted must be gone on with to be kept.
            await jobs.EndFreeAsync(id, interrupted: !keep, Cancelled);
            await jobs.WishAsync(id, keep ? LeasedRun.Keep : LeasedRun.Cancel);
            if (keep || await jobs.FindAsync(Kind, id, cancellationToken) is null or { IsOver: true })
                return;
            await Task.Delay(jobs.Poll / 2, clock, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string id) => jobs.RemoveAsync(id);

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
                part = await jobs.ReadEventsAsync(Kind, id, after, cancellationToken);
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
            var run = part is null ? null : (await DescribeAsync([part.Job], cancellationToken))[0].Run;
            if (run is { IsOver: true } && after <= part!.Count)
            {
                var end = RunEntry.EndOf(run);
                end.Insert(0, "id", part.Count + 1);
                yield return JsonSerializer.SerializeToElement(end);
            }

            if (!follow || run is { IsOver: true })
                yield break;
            await Task.Delay(jobs.Poll / 2, clock, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEntry> TakeAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Inside another program, there may be none that trains.
        while (program.Program is not null && !storage.Value.ReadOnly)
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

    private async Task<LeasedRun?> TryTakeAsync()
    {
        try
        {
            if (await jobs.TakeAsync(Kind) is not { } job)
                return null;
            var run = Read(job.Record);
            if (job.IsTakeover)
                Interlocked.Increment(ref takeovers);
            LogTaken(run.Id, job.IsTakeover ? " from a server that was silent for too long" : "");
            var path = folder.NewStagingPath();
            DurableFiles.CreateFolder(path);
            return new LeasedRun(job, path, run, services, options.Value.MaxAttempts);
        }
        catch (Exception exception) when (exception is ServingException or IOException or UnauthorizedAccessException)
        {
            return null; // the database is away, or the disk is full: tried again
        }
    }

    private string Cancelled(string record) =>
        RunEntry.Write(
            Read(record).End(TrainingState.Cancelled, null, TrainingCatalog.WasCancelled, clock.GetUtcNow())
        );

    private static TrainingRun Read(string record) =>
        RunEntry.Read(record) ?? throw new JsonException("The record of a training is empty.");

    // Whoever reads that a training has made a version finds the version here.
    private async Task<List<TrainingStatus>> DescribeAsync(
        IReadOnlyList<StoredJob> found,
        CancellationToken cancellationToken
    )
    {
        var described = found.Select(Describe).ToList();
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

    private TrainingStatus Describe(StoredJob job)
    {
        var run = Read(job.Record);

        // The version of a training that ends here is stored a moment before it is served.
        if (run.IsOver && held.GetValueOrDefault(run.Id) is { IsLost: false, Current: { IsOver: false } here })
            run = here;
        var progress = run.State == TrainingState.Running && job.Progress is { } text ? JsonNode.Parse(text) : null;
        return new TrainingStatus(
            run,
            progress?["progress"]?.DeepClone().AsObject(),
            progress?["best"]?.DeepClone().AsObject()
        );
    }

    [LoggerMessage(LogLevel.Information, "Takes training {Id}{From}")]
    private partial void LogTaken(string id, string from);
}
