using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Tests.Registry.Support;

namespace ModelService.Models.Tests.Registry;

/// <summary>Versions that compete for the memory of two.</summary>
public sealed class EvictionTests
{
    // Real time, after which something waits for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly RegistryHarness registry = new(budget: 2 * RegistryHarness.VersionBytes);

    [Fact]
    public async Task Create_NoRoom_UnloadsTheLeastRecentlyUsed()
    {
        await FillAsync();
        (await registry.LeaseAsync("a")).OrThrow().Dispose();

        await registry.CreateAsync("c");

        Assert.Equal(VersionState.Ready, registry.State("a", 1));
        Assert.Equal(VersionState.Unloaded, registry.State("b", 1));
        AssertCharged(2);
    }

    [Fact]
    public async Task Create_NoRoom_LeavesPinnedAndLeasedVersions()
    {
        await FillAsync();
        await registry.PinAsync("a", "1");
        using var lease = (await registry.LeaseAsync("b")).OrThrow();

        var failure = (await registry.PassTimeAsync(registry.CreateAsync("c"))).Failure!;

        Assert.Equal(ErrorCode.OutOfMemory, failure.Code);
        Assert.Contains("'c'", failure.Detail, StringComparison.Ordinal);
        AssertCharged(2);
        Assert.Equal(ErrorCode.ModelNotFound, registry.Catalog.Find("c").Failure!.Code);
    }

    [Fact]
    public async Task Load_NoRoom_IsUnloadedAndTheNextRequestTriesAgain()
    {
        await FillAsync();
        await registry.CreateAsync("c"); // evicts a
        var (b, c) = ((await registry.LeaseAsync("b")).OrThrow(), (await registry.LeaseAsync("c")).OrThrow());

        Assert.Equal(ErrorCode.OutOfMemory, (await registry.PassTimeAsync(registry.LeaseAsync("a"))).Failure!.Code);
        Assert.Equal(VersionState.Unloaded, registry.State("a", 1));
        b.Dispose();

        using var a = (await registry.LeaseAsync("a")).OrThrow();
        Assert.Equal(VersionState.Unloaded, registry.State("b", 1));
        c.Dispose();
        AssertCharged(2);
    }

    [Fact]
    public async Task Load_WhileTheOthersAreInUse_WaitsForThem()
    {
        await FillAsync();
        await registry.CreateAsync("c"); // evicts a
        var b = (await registry.LeaseAsync("b")).OrThrow();
        using var c = (await registry.LeaseAsync("c")).OrThrow();

        var loading = registry.LeaseAsync("a");
        registry.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(loading.IsCompleted);
        b.Dispose();

        using var a = (await registry.PassTimeAsync(loading)).OrThrow();
        Assert.Equal(VersionState.Unloaded, registry.State("b", 1));
        AssertCharged(2);
    }

    [Fact]
    public async Task Create_WhileAnUnloadedVersionIsStillInUse_UnloadsAnIdleOne()
    {
        await FillAsync();
        using var a = (await registry.LeaseAsync("a")).OrThrow();
        _ = registry.Version("a", 1).Unload();

        var creating = registry.CreateAsync("c");

        (await creating.WaitAsync(Patience, TestContext.Current.CancellationToken)).OrThrow();
        Assert.Equal(VersionState.Draining, registry.State("a", 1));
        Assert.Equal(VersionState.Unloaded, registry.State("b", 1));
        AssertCharged(2);
    }

    [Fact]
    public async Task Create_WhileUnloadedVersionsAreStillInUse_WaitsForThemAndGivesUp()
    {
        await FillAsync();
        var a = (await registry.LeaseAsync("a")).OrThrow();
        using var b = (await registry.LeaseAsync("b")).OrThrow();
        _ = registry.Version("a", 1).Unload();

        var creating = registry.PassTimeAsync(registry.CreateAsync("c"));
        var failure = (await creating.WaitAsync(Patience, TestContext.Current.CancellationToken)).Failure!;
        var next = registry.CreateAsync("c");
        a.Dispose();

        Assert.Equal(ErrorCode.OutOfMemory, failure.Code);
        (await registry.PassTimeAsync(next)).OrThrow();
        Assert.Equal(VersionState.Ready, registry.State("b", 1));
        AssertCharged(2);
    }

    [Fact]
    public async Task Create_WhileTheOthersAreInUse_StopsWaitingWhenItsClientLeaves()
    {
        await FillAsync();
        using var a = (await registry.LeaseAsync("a")).OrThrow();
        using var b = (await registry.LeaseAsync("b")).OrThrow();
        using var leaving = new CancellationTokenSource();

        var creating = registry.CreateForAsync("c", leaving.Token);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => creating);
        Assert.Equal(ErrorCode.ModelNotFound, registry.Catalog.Find("c").Failure!.Code);
    }

    [Fact]
    public async Task Load_OfMoreThanALoweredBudget_FailsAndAsksForNoRetry()
    {
        await registry.CreateAsync("a");

        var lowered = await registry.RestartAsync(budget: RegistryHarness.VersionBytes - 1);
        var failure = (await lowered.LeaseAsync("a")).Failure!;

        Assert.Equal(ErrorCode.OutOfMemory, failure.Code);
        Assert.Equal(Timeout.InfiniteTimeSpan, failure.RetryAfter);
        Assert.Contains($"budget for all models is {RegistryHarness.VersionBytes - 1} bytes", failure.Detail);
        Assert.Equal(VersionState.Unloaded, lowered.State("a", 1));
    }

    [Fact]
    public async Task Load_WhileItIsBuilt_IsNotEvicted()
    {
        await FillAsync();
        await registry.CreateAsync("c"); // evicts a
        TaskCompletionSource begun = new(),
            released = new();
        registry.Builder.OnBuild = (_, _, _) =>
        {
            begun.TrySetResult();
            return released.Task;
        };
        var loading = registry.LeaseAsync("a"); // evicts b
        await begun.Task;
        registry.Builder.OnBuild = null;

        using (var b = (await registry.LeaseAsync("b")).OrThrow()) // evicts c
        {
            Assert.Equal(VersionState.Loading, registry.State("a", 1));
            Assert.Equal(ErrorCode.OutOfMemory, (await registry.PassTimeAsync(registry.LeaseAsync("c"))).Failure!.Code);
        }

        released.SetResult();
        using var a = (await loading).OrThrow();
        AssertCharged(2);
    }

    [Fact]
    public async Task Lease_WhileItsVersionIsEvicted_LoadsItAgain()
    {
        await FillAsync();
        TaskCompletionSource released = new();
        registry.Builder.OnBuild = (_, _, _) => released.Task;
        var creating = registry.CreateAsync("c"); // evicts a, and is held in its build
        await Eventually.GetAsync(() => registry.State("a", 1), state => state == VersionState.Unloaded);
        registry.Builder.OnBuild = null;

        using (var a = (await registry.LeaseAsync("a")).OrThrow()) // evicts b
            Assert.Equal(VersionState.Unloaded, registry.State("b", 1));
        released.SetResult();

        Assert.Null((await creating).Failure);
        AssertCharged(2);
    }

    [Fact]
    public async Task Leases_OfManyVersionsAtOnce_NeverExceedTheBudget()
    {
        await FillAsync();
        for (var index = 0; index < 4; index++)
            await registry.CreateAsync($"more-{index}");
        string[] names = ["a", "b", .. Enumerable.Range(0, 4).Select(index => $"more-{index}")];

        var leasing = Parallel.ForAsync(
            0,
            2_000,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (index, _) =>
            {
                var outcome = await registry.LeaseAsync(names[index % names.Length]);
                Assert.InRange(registry.Budget.Used("cpu"), 0, registry.Budget.Limit("cpu"));
                if (outcome.TryGet(out var lease, out var failure))
                {
                    await Task.Yield();
                    lease.Dispose();
                }
                else
                {
                    Assert.Equal(ErrorCode.OutOfMemory, failure.Code);
                }
            }
        );
        await registry.PassTimeAsync(leasing, step: 0.02);

        AssertCharged(registry.Builder.Live.Count);
        Assert.InRange(registry.Builder.Live.Count, 1, 2);
    }

    private async Task FillAsync()
    {
        await registry.CreateAsync("a");
        await registry.CreateAsync("b");
    }

    private void AssertCharged(int versions)
    {
        Assert.Equal(versions, registry.Builder.Live.Count);
        Assert.Equal(versions * RegistryHarness.VersionBytes, registry.Budget.Used("cpu"));
    }
}
