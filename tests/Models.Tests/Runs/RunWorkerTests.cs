using Microsoft.Extensions.Logging.Abstractions;
using ModelService.Models.Errors;
using ModelService.Models.Runs;
using ModelService.Models.Tests.Runs.Support;

namespace ModelService.Models.Tests.Runs;

/// <summary>What a worker does with a run whose version can't be made.</summary>
public sealed class RunWorkerTests : IDisposable
{
    private static readonly Failure DiskFull = new(ErrorCode.StorageUnavailable, "The disk is full.");

    private readonly RunsFolder folder = new();
    private readonly ImpatientClock clock = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Keep_DiskFullForAWhile_KeepsTheResultUntilThereIsRoom()
    {
        var run = await RunAsync(failures: 10, DiskFull);

        Assert.Equal(RunState.Succeeded, run.State);
    }

    [Fact]
    public async Task Keep_DiskFullForADay_FailsAfterAboutAnHour()
    {
        var started = clock.GetUtcNow();

        var run = await RunAsync(int.MaxValue, DiskFull);

        Assert.Equal((RunState.Failed, "storage_unavailable"), (run.State, run.Code));
        Assert.InRange((run.Ended!.Value - started).TotalMinutes, 55, 70);
    }

    [Theory]
    [InlineData(ErrorCode.WeightsMismatch, false)]
    [InlineData(ErrorCode.OutOfMemory, true)]
    public async Task Keep_FailureThatStays_FailsAtOnce(ErrorCode code, bool isForever)
    {
        var started = clock.GetUtcNow();
        TimeSpan? retryAfter = isForever ? Timeout.InfiniteTimeSpan : null;

        var run = await RunAsync(int.MaxValue, new Failure(code, "It does not fit.") { RetryAfter = retryAfter });

        Assert.Equal((RunState.Failed, started), (run.State, run.Ended));
    }

    private async Task<TestRun> RunAsync(int failures, Failure failure)
    {
        using var runs = folder.CreateRuns();
        using var worker = new Worker(runs, folder.Kind, clock, failures, failure);
        await worker.StartAsync(RunsFolder.Token);
        await folder.AddAsync(runs);
        var status = await Eventually.GetAsync(
            () => runs.FindAsync("one", RunsFolder.Token),
            found => found!.Run.IsOver
        );
        await worker.StopAsync(RunsFolder.Token);
        return status!.Run;
    }

    private sealed class Worker(
        IRunStore<TestRun> runs,
        TestKind kind,
        TimeProvider clock,
        int failures,
        Failure failure
    ) : RunWorker<TestRun>(runs, kind, clock, NullLogger.Instance)
    {
        protected override async Task RunAsync(RunEntry<TestRun> entry, CancellationToken cancellationToken)
        {
            var left = failures;
            Start(entry);
            await RetryKeepAsync(
                entry,
                () =>
                {
                    Assert.True(File.Exists(Path.Combine(entry.Path, TestKind.Work)));
                    if (left-- > 0)
                        throw new ServingException(failure);
                    Succeed(entry, entry.Current.End(RunState.Succeeded, null, null, Clock.GetUtcNow()));
                    return Task.CompletedTask;
                },
                cancellationToken
            );
        }
    }

    // Goes on by itself whenever somebody waits.
    private sealed class ImpatientClock : TimeProvider
    {
        private DateTimeOffset now = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            now += dueTime;
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
