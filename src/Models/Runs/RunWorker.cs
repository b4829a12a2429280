using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;

namespace ModelService.Models.Runs;

/// <summary>Takes the runs of a kind that wait, and brings each to its end.</summary>
/// <typeparam name="TRun">The kind of run.</typeparam>
/// <param name="runs">The runs.</param>
/// <param name="kind">The kind of run.</param>
/// <param name="clock">The time of starts and ends.</param>
/// <param name="logger">Logs ends.</param>
internal abstract partial class RunWorker<TRun>(
    IRunStore<TRun> runs,
    RunKind<TRun> kind,
    TimeProvider clock,
    ILogger logger
) : BackgroundService
    where TRun : Run
{
    // About an hour in all: long enough for an operator to make room on a full disk.
    private const int MostWaits = 65;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>The time of starts and ends.</summary>
    protected TimeProvider Clock => clock;

    /// <summary>Logs ends.</summary>
    protected ILogger Logger => logger;

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        runs.Open();
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, kind.Limits.MaxRunning).Select(_ => WorkAsync(stoppingToken)));

    /// <summary>Runs a run to its end.</summary>
    /// <param name="entry">The run.</param>
    /// <param name="cancellationToken">Fires when a client ends it, its lease is lost, or the server stops.</param>
    /// <exception cref="ServingException">It has failed.</exception>
    /// <exception cref="RunFailedException">It has failed.</exception>
    protected abstract Task RunAsync(RunEntry<TRun> entry, CancellationToken cancellationToken);

    /// <summary>Counts a run that has ended.</summary>
    /// <param name="state">How.</param>
    protected virtual void CountEnd(RunState state) { }

    /// <summary>Notes that a run runs.</summary>
    /// <param name="entry">The run.</param>
    /// <returns>The run as it is now; it may be over.</returns>
    protected TRun Start(RunEntry<TRun> entry) =>
        entry.Change(run =>
            run.IsOver
                ? null
                : run with
                {
                    State = RunState.Running,
                    Started = run.Started ?? clock.GetUtcNow(),
                    Resumed = run.Resumed + (run.State == RunState.Running ? 1 : 0),
                }
        );

    /// <summary>Notes that a run has made a version.</summary>
    /// <param name="entry">The run.</param>
    /// <param name="end">Its last state.</param>
    protected void Succeed(RunEntry<TRun> entry, TRun end)
    {
        entry.Change(_ => end);
        CountEnd(RunState.Succeeded);
        LogSucceeded(kind.Name, end.Id, end.Model, end.Version);
    }

    /// <summary>Ends a run that has made no version.</summary>
    /// <param name="entry">The run.</param>
    /// <param name="state">How it has ended.</param>
    /// <param name="code">The code of the failure; null: it has not failed.</param>
    /// <param name="reason">Why it has ended so.</param>
    protected void End(RunEntry<TRun> entry, RunState state, string? code, string reason)
    {
        entry.Change(run => run.IsOver ? null : run.End(state, code, reason, clock.GetUtcNow()));
        CountEnd(entry.Current.State);
        LogEnded(kind.Name, entry.Current.Id, WireNames.Get(state), reason);
    }

    /// <summary>
    /// Runs a step. One that needs a store which servers share is tried again until the store can be used.
    /// </summary>
    /// <param name="entry">The run.</param>
    /// <param name="step">The step.</param>
    /// <param name="cancellationToken">Gives up.</param>
    protected static Task RetryAsync(RunEntry<TRun> entry, Func<Task> step, CancellationToken cancellationToken) =>
        RetryAsync(entry, step, _ => Task.FromResult(false), cancellationToken);

    /// <summary>
    /// Runs the step that makes a version of what was computed. So that hours of work are not lost to a full disk or to
    /// memory that others use, it is tried again for about an hour, on a server by itself, too.
    /// </summary>
    /// <param name="entry">The run.</param>
    /// <param name="step">The step.</param>
    /// <param name="cancellationToken">Gives up.</param>
    protected Task RetryKeepAsync(RunEntry<TRun> entry, Func<Task> step, CancellationToken cancellationToken)
    {
        var (waits, wait) = (0, FirstWait);
        return RetryAsync(entry, step, WaitAsync, cancellationToken);

        async Task<bool> WaitAsync(Failure failure)
        {
            if (failure.Code is not (ErrorCode.StorageUnavailable or ErrorCode.OutOfMemory))
                return false;
            if (failure.RetryAfter == Timeout.InfiniteTimeSpan || ++waits > MostWaits)
                return false;
            LogWaits(kind.Name, entry.Current.Id, wait.TotalSeconds, failure.Detail);
            await Task.Delay(wait, clock, cancellationToken);
            wait = wait < LongestWait / 2 ? wait * 2 : LongestWait;
            return true;
        }
    }

    private static async Task RetryAsync(
        RunEntry<TRun> entry,
        Func<Task> step,
        Func<Failure, Task<bool>> wait,
        CancellationToken cancellationToken
    )
    {
        while (!entry.Current.IsOver)
        {
            try
            {
                await step();
                return;
            }
            catch (ServingException exception)
            {
                var failure = exception.Failure;
                if (!await entry.WaitAsync(failure, cancellationToken) && !await wait(failure))
                    throw;
            }
        }
    }

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        await foreach (var entry in runs.TakeAsync(stoppingToken))
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, entry.Cancellation.Token);
            try
            {
                await RunAsync(entry, ending.Token);
            }
            catch (OperationCanceledException exception) when (entry.IsLost || exception is LeaseLostException)
            {
                LogLost(kind.Name, entry.Current.Id); // another server goes on with it
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return; // the next start of the server goes on with it, or another server
            }
            catch (OperationCanceledException)
            {
                End(entry, RunState.Cancelled, null, Run.WasCancelled);
            }
            catch (ServingException exception)
            {
                End(entry, RunState.Failed, WireNames.Get(exception.Code), exception.Message);
            }
            catch (RunFailedException exception)
            {
                End(entry, RunState.Failed, $"{kind.Name}_failed", exception.Message);
            }
            catch (Exception exception)
            {
                LogUnexpected(exception, kind.Name, entry.Current.Id);
                End(entry, RunState.Failed, "internal_error", VersionLoader.UnexpectedError);
            }
            finally
            {
                await entry.CloseAsync(stoppingToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "The {Kind} {Id} made version {Version} of {Model}")]
    private partial void LogSucceeded(string kind, string id, string model, int? version);

    [LoggerMessage(LogLevel.Information, "The {Kind} {Id} has {State}: {Reason}")]
    private partial void LogEnded(string kind, string id, string state, string reason);

    [LoggerMessage(LogLevel.Warning, "Another server has taken the {Kind} {Id}, whose lease was not renewed in time")]
    private partial void LogLost(string kind, string id);

    [LoggerMessage(
        LogLevel.Warning,
        "The {Kind} {Id} keeps its result and tries again in {Seconds} s to make a version of it: {Reason}"
    )]
    private partial void LogWaits(string kind, string id, double seconds, string reason);

    [LoggerMessage(LogLevel.Error, "The {Kind} {Id} failed")]
    private partial void LogUnexpected(Exception exception, string kind, string id);
}
