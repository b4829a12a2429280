using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;

namespace ModelService.Models.Runs;

/// <summary>
/// A run that servers share, and that this server works on, in a folder that is gone afterwards. It renews the lease,
/// stores events and checkpoints, and does what clients ask of other servers. When the lease is lost, the run is
/// cancelled here.
/// </summary>
/// <typeparam name="TRun">The kind of run.</typeparam>
internal sealed partial class LeasedRun<TRun> : RunEntry<TRun>
    where TRun : Run
{
    /// <summary>What a client asks of the server of a run: to end it.</summary>
    public const string Cancel = "cancel";

    /// <summary>What a client asks of the server of a run: to end it with what it has reached.</summary>
    public const string Keep = "keep";

    // So that storing checkpoints takes a tenth of the time of a network and a store that it strains.
    private const int PauseByUpload = 9;

    private const int MostEvents = 1_000; // stored at once

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly TakenJob job;
    private readonly JobTable jobs;
    private readonly DataFolder folder;
    private readonly RunKind<TRun> kind;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly SemaphoreSlim turn = new(1, 1); // of renewals
    private readonly CancellationTokenSource closing = new();
    private readonly Task renewing;
    private Task saving = Task.CompletedTask;
    private TimeSpan wait = TimeSpan.FromSeconds(2);
    private DateTime saved; // the time of the file of the checkpoint that is stored
    private long stored; // the number of events that are
    private volatile bool isLost;

    /// <summary>Begins to work on a run.</summary>
    /// <param name="job">The job that was taken.</param>
    /// <param name="path">Its folder, which is there and empty.</param>
    /// <param name="run">The run.</param>
    /// <param name="shared">What all runs need.</param>
    public LeasedRun(TakenJob job, string path, TRun run, LeasedRunServices<TRun> shared)
        : base(shared.Folder, shared.Kind, path, run, job.Events)
    {
        (this.job, stored) = (job, job.Events);
        (jobs, kind, folder) = (shared.Jobs, shared.Kind, shared.Folder);
        (clock, logger) = (shared.Clock, shared.Logger);
        IsAtWork = true;
        renewing = RenewAsync();
    }

    /// <inheritdoc/>
    public override bool IsLost => isLost;

    /// <inheritdoc/>
    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var mostAttempts = kind.Limits.MaxAttempts;
        if (job.Attempts > mostAttempts)
        {
            throw new RunFailedException(
                $"{mostAttempts} servers that ran it were killed or cut off (ModelService:Training:MaxAttempts)."
            );
        }

        try
        {
            foreach (var (name, file) in job.Files)
                await jobs.FetchAsync(file, System.IO.Path.Combine(Path, name), cancellationToken);
            await kind.AdoptAsync(Path, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var failure = new Failure(ErrorCode.StorageUnavailable, $"Its files can't be written: {exception.Message}");
            throw new ServingException(failure with { RetryAfter = LongestWait }, exception);
        }

        if (CheckpointPath is not { } checkpoint)
            return;
        saved = File.GetLastWriteTimeUtc(checkpoint);
        saving = SaveAsync(checkpoint);
    }

    /// <inheritdoc/>
    public override async Task<JobResult?> PrepareEndAsync(Func<VersionManifest, TRun> end)
    {
        await RenewOnceAsync(); // all events, before the run is over
        return new JobResult(job.Lease, manifest => Write(end(manifest)));
    }

    /// <inheritdoc/>
    public override async Task<bool> WaitAsync(Failure failure, CancellationToken cancellationToken)
    {
        if (failure.RetryAfter is null || failure.RetryAfter == Timeout.InfiniteTimeSpan)
            return false;
        LogWaits(kind.Name, Current.Id, failure.Detail);
        await Task.Delay(wait, clock, cancellationToken);
        wait = wait < LongestWait / 2 ? wait * 2 : LongestWait;
        try
        {
            // If the connection was lost in the moment of a commit, the run may have ended with its version.
            var found = await jobs.FindAsync(kind.Name, Current.Id, cancellationToken);
            if (found is { IsOver: true } && !isLost)
                Change(_ => Read(found.Record));
        }
        catch (ServingException)
        {
            // It is still away.
        }

        return true;
    }

    /// <inheritdoc/>
    public override async Task CloseAsync(CancellationToken stoppingToken)
    {
        await closing.CancelAsync();
        await saving;
        try
        {
            while (!isLost && !await TryCloseAsync() && !stoppingToken.IsCancellationRequested)
                await Task.Delay(jobs.Poll, clock, CancellationToken.None);
        }
        catch (LeaseLostException)
        {
            isLost = true;
        }

        await renewing;
        Dispose();
        folder.DeleteStaged(Path);
    }

    /// <inheritdoc/>
    protected override void Store(TRun run)
    {
        // The next renewal does it.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        base.Dispose(isDisposing);
        turn.Dispose();
        closing.Dispose();
    }

    private string? CheckpointPath => kind.Checkpoint is { } name ? System.IO.Path.Combine(Path, name) : null;

    // Ends the run, or gives it back.
    private async Task<bool> TryCloseAsync()
    {
        try
        {
            if (Current.IsOver)
            {
                await RenewOnceAsync();
                await jobs.EndAsync(job.Lease, Write(Current));
                return true;
            }

            if (CheckpointPath is { } checkpoint && IsChanged(checkpoint, out _))
                await jobs.ReplaceAsync(job.Lease, kind.Checkpoint!, checkpoint, CancellationToken.None);
            await jobs.ReleaseAsync(job.Lease, hasBegun: !job.IsNew || Current.State != RunState.Queued);
            return true;
        }
        catch (Exception exception) when (exception is ServingException or IOException)
        {
            return false; // the store is away; without the release, the lease ends by itself
        }
    }

    private async Task RenewAsync()
    {
        await Task.Yield();
        while (!closing.IsCancellationRequested)
        {
            try
            {
                if (await RenewOnceAsync() is { } wish)
                    await (wish == Cancel ? Cancellation : Finishing).CancelAsync();
            }
            catch (LeaseLostException)
            {
                isLost = true;
                await Cancellation.CancelAsync();
                return;
            }
            catch (ServingException)
            {
                // The store is away: the work goes on. If only this server is cut off, another one takes the run when
                // the lease has ended, and this one learns of it as soon as it reaches the store again.
            }
            catch (Exception exception)
            {
                LogBug(exception, kind.Name, Current.Id);
            }

            await PauseAsync(jobs.Poll);
        }
    }

    // Returns what a client asks for.
    private async Task<string?> RenewOnceAsync()
    {
        await turn.WaitAsync();
        try
        {
            while (true)
            {
                var fresh = await ReadEventsAsync();
                var renewal = await jobs.RenewAsync(job.Lease, Write(Current), Progress, stored + 1, fresh);
                if (renewal.IsOver)
                    return null;
                stored = renewal.Events;
                if (fresh.Count < MostEvents)
                    return renewal.Wish;
            }
        }
        finally
        {
            turn.Release();
        }
    }

    private string? Progress =>
        Events.Latest is { } latest
            ? new JsonObject { ["progress"] = latest.DeepClone(), ["best"] = Events.Best?.DeepClone() }.ToJsonString()
            : null;

    // The last event is made of the run's state by those who read it: both are there at the same moment.
    private ValueTask<List<string>> ReadEventsAsync() =>
        Events
            .ReadAsync(stored, follow: false, CancellationToken.None)
            .Where(item => item.GetProperty("event").GetString() != "end")
            .Take(MostEvents)
            .Select(item => item.GetRawText())
            .ToListAsync();

    private async Task SaveAsync(string checkpoint)
    {
        while (!closing.IsCancellationRequested)
        {
            await PauseAsync(jobs.Poll);
            if (!IsChanged(checkpoint, out var time))
                continue;
            var began = clock.GetTimestamp();
            try
            {
                await jobs.ReplaceAsync(job.Lease, kind.Checkpoint!, checkpoint, closing.Token);
                saved = time;
            }
            catch (OperationCanceledException)
            {
                return; // closed, or the lease is lost
            }
            catch (Exception exception) when (exception is ServingException or IOException)
            {
                // The store is away, and has logged it; or the file goes since the run has ended.
            }

            await PauseAsync(clock.GetElapsedTime(began) * PauseByUpload);
        }
    }

    private bool IsChanged(string checkpoint, out DateTime time)
    {
        time = File.GetLastWriteTimeUtc(checkpoint);
        return time != saved && File.Exists(checkpoint);
    }

    private async Task PauseAsync(TimeSpan time) =>
        await Task.Delay(time, clock, closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(LogLevel.Warning, "The {Kind} {Id} waits for the store: {Reason}")]
    private partial void LogWaits(string kind, string id, string reason);

    [LoggerMessage(
        LogLevel.Error,
        "Renewing the lease of the {Kind} {Id} failed in an unexpected way; it is tried again"
    )]
    private partial void LogBug(Exception exception, string kind, string id);
}
