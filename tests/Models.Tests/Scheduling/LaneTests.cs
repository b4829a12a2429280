using ModelService.Models.Scheduling;

namespace ModelService.Models.Tests.Scheduling;

public sealed class LaneTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_MoreWorkThanWidth_UsesSoManyThreadsAndNoMore()
    {
        const int Width = 3;
        using var lane = new Lane(Width);
        var threads = new HashSet<int>();
        var (running, most) = (0, 0);
        using var all = new Barrier(Width);

        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => lane.RunAsync(Work, Stop)));

        Assert.Equal(Width, threads.Count);
        Assert.Equal(Width, most);

        // Width pieces of work meet, so that each has a thread of its own.
        int Work()
        {
            lock (threads)
            {
                threads.Add(Environment.CurrentManagedThreadId);
                most = Math.Max(most, ++running);
            }

            Assert.True(all.SignalAndWait(TimeSpan.FromSeconds(30), Stop));
            lock (threads)
                return --running;
        }
    }

    [Fact]
    public async Task RunAsync_OneHangs_WorkOfAnotherLaneGoesOn()
    {
        using var release = new ManualResetEventSlim();
        using var slow = new Lane(width: 1);
        using var other = new Lane(width: 1);

        var hanging = slow.RunAsync(() => release.Wait(TimeSpan.FromMinutes(1), Stop), Stop);
        var waiting = slow.RunAsync(() => true, Stop);

        Assert.True(await other.RunAsync(() => true, Stop));
        Assert.False(waiting.IsCompleted);
        release.Set();
        Assert.True(await hanging);
        Assert.True(await waiting);
    }

    [Fact]
    public async Task RunAsync_CancelledWhileItWaits_NeverBegins()
    {
        using var release = new ManualResetEventSlim();
        using var cancelled = new CancellationTokenSource();
        using var lane = new Lane(width: 1);
        var began = false;
        var first = lane.RunAsync(() => release.Wait(TimeSpan.FromMinutes(1), Stop), Stop);

        var waiting = lane.RunAsync(() => began = true, cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        release.Set();
        await first;
        await lane.RunAsync(() => true, Stop);

        Assert.False(began);
    }

    [Fact]
    public async Task RunAsync_WorkThrows_ThrowsItAndTheLaneGoesOn()
    {
        using var lane = new Lane(width: 1);

        await Assert.ThrowsAsync<InvalidDataException>(() =>
            lane.RunAsync<bool>(() => throw new InvalidDataException(), Stop)
        );

        Assert.True(await lane.RunAsync(() => true, Stop));
    }

    [Fact]
    public async Task Dispose_WhileItWorks_EndsTheThreadAfterwards()
    {
        var lane = new Lane(width: 1);
        using var release = new ManualResetEventSlim();
        Thread? thread = null;
        var work = lane.RunAsync(
            () =>
            {
                thread = Thread.CurrentThread;
                return release.Wait(TimeSpan.FromMinutes(1), Stop);
            },
            Stop
        );

        lane.Dispose();
        release.Set();

        Assert.True(await work);
        Assert.True(thread!.Join(TimeSpan.FromSeconds(30)));
    }
}
