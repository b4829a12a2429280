using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Tests.Registry.Support;

namespace ModelService.Models.Tests.Registry;

/// <summary>Chosen interleavings of what happens to a version: loads, leases, drains, eviction and deletion.</summary>
public sealed class VersionLifeTests
{
    private static readonly TimeSpan DrainWait = new MemoryOptions().DrainWait;

    private readonly RegistryHarness registry = new();

    [Fact]
    public async Task Create_ServesAndIsStored()
    {
        var created = (await registry.CreateAsync("pets")).OrThrow();

        Assert.Equal(VersionState.Ready, created.Version.Current.State);
        Assert.Equal(RegistryHarness.VersionBytes, registry.Budget.Used("cpu"));
        Assert.Single(registry.Builder.Live);
        Assert.Equal("pets", Assert.Single(await registry.Store.OpenAsync(CancellationToken.None)).Name);
    }

    [Fact]
    public async Task DeleteVersion_FullDisk_DeletesAllButTheNewest()
    {
        await registry.CreateAsync("pets");
        await registry.AddAsync("pets");
        registry.Store.OnWrite = write =>
            write.StartsWith("settings", StringComparison.Ordinal)
                ? throw new ServingException(ErrorCode.StorageUnavailable, "The disk is full.")
                : Task.CompletedTask;

        Assert.Equal(
            ErrorCode.StorageUnavailable,
            (await registry.Catalog.DeleteVersionAsync("pets", 2)).Failure?.Code
        );
        Assert.Null((await registry.Catalog.DeleteVersionAsync("pets", 1)).Failure);

        var next = await registry.RestartAsync();
        Assert.Equal(2, Assert.Single(next.Registry.Find("pets").OrThrow().Versions).Version);
    }

    [Fact]
    public async Task Unload_WhileLeased_WaitsForTheLeaseAndThenFrees()
    {
        await registry.CreateAsync("pets");
        var lease = (await registry.LeaseAsync("pets")).OrThrow();

        var unloading = registry.Catalog.UnloadAsync("pets", 1);

        Assert.Equal(VersionState.Draining, registry.State("pets", 1));
        Assert.Equal(ErrorCode.ModelNotReady, (await registry.LeaseAsync("pets")).Failure!.Code);
        Assert.False(unloading.IsCompleted);
        Assert.Single(registry.Builder.Live);
        lease.Dispose();
        Assert.Null((await unloading).OrThrow().HeldBy);
        AssertNothingInMemory();
        Assert.Equal(VersionState.Unloaded, registry.State("pets", 1));
    }

    [Fact]
    public async Task Unload_LeaseThatOutlastsTheLimit_SaysWhatHoldsIt()
    {
        await registry.CreateAsync("pets");
        var first = (await registry.LeaseAsync("pets")).OrThrow();
        var second = (await registry.LeaseAsync("pets")).OrThrow();
        var unloading = registry.Catalog.UnloadAsync("pets", 1);

        registry.Clock.Advance(DrainWait);

        Assert.Equal("2 predictions", (await unloading).OrThrow().HeldBy);
        Assert.Equal(VersionState.Draining, registry.State("pets", 1));
        first.Dispose();
        second.Dispose();
        await registry.Version("pets", 1).DrainedAsync();
        AssertNothingInMemory();
    }

    [Fact]
    public async Task Unload_TwiceAtOnce_BothWaitForTheSameDrain()
    {
        await registry.CreateAsync("pets");
        var lease = (await registry.LeaseAsync("pets")).OrThrow();

        var first = registry.Catalog.UnloadAsync("pets", 1);
        var second = registry.Catalog.UnloadAsync("pets", 1);

        Assert.False(first.IsCompleted || second.IsCompleted);
        lease.Dispose();
        Assert.Null((await first).OrThrow().HeldBy);
        Assert.Null((await second).OrThrow().HeldBy);
        AssertNothingInMemory();
    }

    [Fact]
    public async Task Unload_WhileItIsEvicted_StaysUnloaded()
    {
        await registry.CreateAsync("pets");
        var lease = (await registry.LeaseAsync("pets")).OrThrow();
        var version = registry.Version("pets", 1);
        Assert.NotNull(version.Drain("Another version needed its memory.", loadsOnRequest: true));

        var unloading = registry.Catalog.UnloadAsync("pets", 1);
        lease.Dispose();
        await unloading;

        Assert.False(version.Current.LoadsOnRequest);
        Assert.Equal("A client unloaded it.", version.Current.Reason);
    }

    [Fact]
    public async Task Delete_WhileDraining_AnswersWhenTheMemoryIsFree()
    {
        await registry.CreateAsync("pets");
        var version = registry.Version("pets", 1);
        var lease = (await registry.LeaseAsync("pets")).OrThrow();
        var unloading = registry.Catalog.UnloadAsync("pets", 1);

        var deleting = registry.Catalog.DeleteAsync("pets");

        Assert.Equal(ErrorCode.ModelNotFound, registry.Catalog.Find("pets").Failure!.Code);
        Assert.False(deleting.IsCompleted);
        lease.Dispose();
        await unloading;
        Assert.Equal(version.PlanBytes, (await deleting).OrThrow().BytesFreed);
        AssertNothingInMemory();
        Assert.Empty(await registry.Store.OpenAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Delete_WhileLeased_SaysThatNothingIsFreeYet()
    {
        await registry.CreateAsync("pets");
        var lease = (await registry.LeaseAsync("pets")).OrThrow();
        var deleting = registry.Catalog.DeleteAsync("pets");

        registry.Clock.Advance(DrainWait);

        Assert.Equal(new Deleted(0, "1 prediction"), (await deleting).OrThrow());
        Assert.Single(registry.Builder.Live);
        var (version, _) = (lease.Model, lease);
        lease.Dispose();
        await version.DrainedAsync();
        AssertNothingInMemory();
    }

    [Fact]
    public async Task Delete_WhileLoading_FreesTheNetworkWhenItIsBuilt()
    {
        await registry.CreateAsync("pets");
        await registry.Catalog.UnloadAsync("pets", 1);
        var held = Hold();
        var version = registry.Version("pets", 1);
        var leasing = registry.LeaseAsync("pets", 1);
        Assert.Equal(ErrorCode.ModelNotReady, (await leasing).Failure!.Code); // a client unloaded it
        var loading = registry.Catalog.LoadAsync("pets", 1, CancellationToken.None);
        await held.Begun;

        Assert.Equal(0, (await registry.Catalog.DeleteAsync("pets")).OrThrow().BytesFreed);
        held.Release();
        await loading;

        Assert.True(version.Current.IsRemoved);
        AssertNothingInMemory();
        Assert.Equal(ErrorCode.ModelNotFound, (await registry.LeaseAsync("pets")).Failure!.Code);
    }

    [Fact]
    public async Task Lease_TwoRequestsForAnUnloadedVersion_ShareOneLoad()
    {
        await registry.CreateAsync("pets");
        await EvictAsync("pets");
        var held = Hold();

        var first = registry.LeaseAsync("pets");
        var second = registry.LeaseAsync("pets");
        await held.Begun;
        Assert.Equal(VersionState.Loading, registry.State("pets", 1));
        held.Release();

        using (var lease = (await first).OrThrow())
        using (var other = (await second).OrThrow())
            Assert.Same(lease.Model, other.Model);
        Assert.Single(registry.Builder.Live);
    }

    [Fact]
    public async Task Lease_LoadThatTakesLongerThanTheWait_IsNotReadyAndLoadsOn()
    {
        await registry.CreateAsync("pets");
        await EvictAsync("pets");
        var held = Hold();
        var leasing = registry.LeaseAsync("pets");
        await held.Begun;

        registry.Clock.Advance(new MemoryOptions().LoadWait);

        Assert.Equal(ErrorCode.ModelNotReady, (await leasing).Failure!.Code);
        held.Release();
        using var lease = (await registry.LeaseAsync("pets")).OrThrow();
    }

    [Fact]
    public async Task Lease_ClientThatLeaves_EndsTheWaitButNotTheLoad()
    {
        await registry.CreateAsync("pets");
        await EvictAsync("pets");
        var held = Hold();
        using var client = new CancellationTokenSource();
        var leasing = registry.Loader.LeaseAsync("pets", null, "prediction", client.Token);
        await held.Begun;

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leasing);
        held.Release();
        using var lease = (await registry.LeaseAsync("pets")).OrThrow();
        Assert.Single(registry.Builder.Live);
    }

    [Fact]
    public async Task Load_ClientThatLeaves_EndsTheWaitButNotTheLoad()
    {
        await registry.CreateAsync("pets");
        var lease = (await registry.LeaseAsync("pets")).OrThrow();
        _ = registry.Version("pets", 1).Unload();
        using var client = new CancellationTokenSource();
        var loading = registry.Catalog.LoadAsync("pets", 1, client.Token);

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loading);
        lease.Dispose();
        await Eventually.GetAsync(() => registry.State("pets", 1), state => state == VersionState.Ready);
    }

    [Fact]
    public async Task Unload_ThenAnotherVersionNeedsItsMemory_StaysUnloaded()
    {
        await registry.CreateAsync("pets");
        var version = registry.Version("pets", 1);
        using (var lease = (await registry.LeaseAsync("pets")).OrThrow())
        {
            _ = version.Unload();
            _ = version.Drain("Another version needed its memory.", loadsOnRequest: true);
        }

        await version.DrainedAsync();

        Assert.Equal((VersionState.Unloaded, false), (version.Current.State, version.Current.LoadsOnRequest));
        Assert.Equal("A client unloaded it.", version.Current.Reason);
        Assert.Equal(ErrorCode.ModelNotReady, (await registry.LeaseAsync("pets")).Failure!.Code);
    }

    [Fact]
    public async Task Load_ThatFails_LeavesTheOtherVersionServing()
    {
        await registry.CreateAsync("pets");
        await registry.AddAsync("pets");
        await registry.Catalog.UnloadAsync("pets", 1);
        registry.Builder.OnBuild = (_, _, _) =>
            throw new ServingException(ErrorCode.WeightsUnreadable, "The file is damaged.");

        var loaded = await registry.Catalog.LoadAsync("pets", 1, CancellationToken.None);

        Assert.Equal(ErrorCode.ModelNotReady, loaded.Failure!.Code);
        Assert.Contains("The file is damaged.", loaded.Failure.Detail, StringComparison.Ordinal);
        Assert.Equal(VersionState.Failed, registry.State("pets", 1));
        using var lease = (await registry.LeaseAsync("pets")).OrThrow();
        Assert.Equal(2, lease.Model.Version);
        Assert.Equal(RegistryHarness.VersionBytes, registry.Budget.Used("cpu"));

        // A client may try again.
        registry.Builder.OnBuild = null;
        Assert.Null((await registry.Catalog.LoadAsync("pets", 1, CancellationToken.None)).Failure);
        Assert.Equal(VersionState.Ready, registry.State("pets", 1));
    }

    [Fact]
    public async Task Load_ThatFailsUnexpectedly_DoesNotTellWhy()
    {
        await registry.CreateAsync("pets");
        await registry.Catalog.UnloadAsync("pets", 1);
        registry.Builder.OnBuild = (_, _, _) => throw new InvalidOperationException("secret");

        var failure = (await registry.Catalog.LoadAsync("pets", 1, CancellationToken.None)).Failure!;

        Assert.DoesNotContain("secret", failure.Detail, StringComparison.Ordinal);
        AssertNothingInMemory();
    }

    [Fact]
    public async Task PutWeights_WhileLeased_ServesTheNewOnesAndKeepsTheOldForTheLease()
    {
        await registry.CreateAsync("pets");
        var lease = (await registry.LeaseAsync("pets")).OrThrow();

        var putting = registry.PutAsync("pets", 1);
        Assert.False(putting.IsCompleted);
        using (var next = (await registry.LeaseAsync("pets")).OrThrow())
            Assert.NotSame(lease.Model, next.Model);
        Assert.Equal(2, registry.Builder.Live.Count);
        lease.Dispose();
        await putting;

        Assert.Single(registry.Builder.Live);
        Assert.Equal(RegistryHarness.VersionBytes, registry.Budget.Used("cpu"));
        Assert.Equal(ErrorCode.VersionConflict, (await registry.PutAsync("pets", 1)).Failure!.Code);
    }

    [Fact]
    public async Task Quarantined_IsTheDefaultOnlyWhenPinned()
    {
        registry.Builder.Samples = new SamplesReport(1, [new(0, 1, 0, null, null, null)]);
        await registry.CreateAsync("pets");

        var failure = (await registry.LeaseAsync("pets")).Failure!;
        Assert.Equal(ErrorCode.ModelNotReady, failure.Code);
        Assert.Contains("golden samples", failure.Detail, StringComparison.Ordinal);
        using (var byNumber = (await registry.LeaseAsync("pets", 1)).OrThrow())
            Assert.Equal(1, byNumber.Model.Version);

        await registry.PinAsync("pets", "1");

        using var byDefault = (await registry.LeaseAsync("pets")).OrThrow();
        Assert.True(byDefault.Snapshot.IsQuarantined);
    }

    [Fact]
    public async Task Quarantined_SamplesThatPassAtTheNextLoad_StaysQuarantined()
    {
        registry.Builder.Samples = new SamplesReport(1, [new(0, 1, 0, null, null, null)]);
        await registry.CreateAsync("pets");
        await registry.Catalog.UnloadAsync("pets", 1);
        registry.Builder.Samples = new SamplesReport(1, []);

        await registry.Catalog.LoadAsync("pets", 1, CancellationToken.None);

        var snapshot = registry.Version("pets", 1).Current;
        Assert.True(snapshot.IsQuarantined);
        Assert.True(snapshot.Samples!.Reproduced);
    }

    [Fact]
    public async Task AddVersion_ThatFails_IsGoneAndTheOthersServe()
    {
        await registry.CreateAsync("pets");
        registry.Builder.OnBuild = (_, _, _) =>
            throw new ServingException(ErrorCode.PlanRejected, "It can't be computed here.");

        var added = await registry.AddAsync("pets");

        Assert.Equal(ErrorCode.PlanRejected, added.Failure!.Code);
        Assert.Equal(ErrorCode.VersionNotFound, registry.Catalog.Find("pets", 2).Failure!.Code);
        using var lease = (await registry.LeaseAsync("pets")).OrThrow();
        Assert.Equal(1, lease.Model.Version);
        Assert.Equal(RegistryHarness.VersionBytes, registry.Budget.Used("cpu"));
    }

    [Fact]
    public async Task AddVersion_ManyThatFail_AreGoneButTheirNumbersAreNotUsedAgain()
    {
        await registry.CreateAsync("pets");
        registry.Builder.OnBuild = (_, _, _) => throw new ServingException(ErrorCode.PlanRejected, "No.");
        for (var attempt = 0; attempt < 10; attempt++)
            await registry.AddAsync("pets");
        registry.Builder.OnBuild = null;

        var added = (await registry.AddAsync("pets")).OrThrow();

        Assert.Equal(12, added.Version.Version);
        Assert.Equal([1, 12], added.Model.Versions.Select(version => version.Version));
    }

    [Fact]
    public async Task Create_StoreThatFails_LeavesNothing()
    {
        registry.Store.OnWrite = _ => throw new ServingException(ErrorCode.StorageUnavailable, "The disk is full.");

        var failure = (await registry.CreateAsync("pets")).Failure!;

        Assert.Equal(ErrorCode.StorageUnavailable, failure.Code);
        Assert.Equal(ErrorCode.ModelNotFound, registry.Catalog.Find("pets").Failure!.Code);
        AssertNothingInMemory();
    }

    [Fact]
    public async Task Create_FullDisk_IsKnownBeforeTheBuild()
    {
        registry.Store.Refusal = new Failure(ErrorCode.StorageUnavailable, "The disk is full.");
        registry.Builder.OnBuild = (_, _, _) => throw new InvalidOperationException("It must not be built.");

        Assert.Equal(ErrorCode.StorageUnavailable, (await registry.CreateAsync("pets")).Failure!.Code);
    }

    [Fact]
    public async Task Create_SameNameTwiceAtOnce_OneSucceeds()
    {
        var held = Hold();
        var first = registry.CreateAsync("pets");
        await held.Begun;

        Assert.Equal(ErrorCode.ModelExists, (await registry.CreateAsync("pets")).Failure!.Code);
        Assert.Equal(ErrorCode.ModelNotReady, registry.Catalog.Find("pets").Failure!.Code);
        Assert.Empty(registry.Catalog.List());
        held.Release();

        Assert.Null((await first).Failure);
    }

    [Fact]
    public async Task Create_TwoModelsAtOnce_AreBuiltSideBySide()
    {
        var (first, second) = (new Held(), new Held());
        registry.Builder.OnBuild = (version, _, _) => (version.Name == "pets" ? first : second).WaitAsync();

        var creating = (registry.CreateAsync("pets"), registry.CreateAsync("dogs"));
        await first.Begun;
        await second.Begun;
        first.Release();
        second.Release();

        Assert.Null((await creating.Item1).Failure);
        Assert.Null((await creating.Item2).Failure);
    }

    [Theory]
    [InlineData("build")]
    [InlineData("store")]
    public async Task Create_ClientThatLeaves_LeavesNothingHalfMade(string when)
    {
        using var client = new CancellationTokenSource();
        if (when == "build")
            registry.Builder.OnBuild = (_, _, token) => Leave(client, token);
        else
            registry.Store.OnWrite = _ => Leave(client, client.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => registry.CreateForAsync("pets", client.Token));

        Assert.Equal(ErrorCode.ModelNotFound, registry.Catalog.Find("pets").Failure!.Code);
        AssertNothingInMemory();
        registry.Builder.OnBuild = null;
        registry.Store.OnWrite = null;
        Assert.Null((await registry.CreateAsync("pets")).Failure);
    }

    [Theory]
    [InlineData("changes")]
    [InlineData("build")]
    [InlineData("store")]
    public async Task AddVersion_ClientThatLeaves_LeavesTheModelAsItWas(string when)
    {
        await registry.CreateAsync("pets");
        using var client = new CancellationTokenSource();
        var entry = registry.Catalog.Find("pets").OrThrow();
        if (when == "changes")
            await entry.Changes.WaitAsync(TestContext.Current.CancellationToken);
        else if (when == "build")
            registry.Builder.OnBuild = (_, _, token) => Leave(client, token);
        else
            registry.Store.OnWrite = _ => Leave(client, client.Token);
        var adding = registry.AddForAsync("pets", client.Token);
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => adding);

        if (when == "changes")
            entry.Changes.Release();
        Assert.Single(entry.Versions);
        Assert.Single(registry.Builder.Live);
        Assert.Equal(RegistryHarness.VersionBytes, registry.Budget.Used("cpu"));
    }

    [Fact]
    public async Task ReadOnlyStore_RefusesEveryChangeAndServes()
    {
        await registry.CreateAsync("pets");
        registry.Store.Refusal = new Failure(ErrorCode.ReadOnly, "Send it to the owner.");

        Assert.Equal(ErrorCode.ReadOnly, (await registry.CreateAsync("dogs")).Failure!.Code);
        Assert.Equal(ErrorCode.ReadOnly, (await registry.AddAsync("pets")).Failure!.Code);
        Assert.Equal(ErrorCode.ReadOnly, (await registry.PinAsync("pets", "1")).Failure!.Code);
        Assert.Equal(ErrorCode.ReadOnly, (await registry.Catalog.DeleteAsync("pets")).Failure!.Code);
        Assert.Null((await registry.Catalog.UnloadAsync("pets", 1)).Failure);
        Assert.Null((await registry.Catalog.LoadAsync("pets", 1, CancellationToken.None)).Failure);
    }

    [Fact]
    public async Task Restart_VersionsAreUnloadedAndTheNextRequestLoadsThem()
    {
        await registry.CreateAsync("pets");
        await registry.AddAsync("pets");
        await registry.PinAsync("pets", "1");

        var next = await registry.RestartAsync();

        Assert.Equal(VersionState.Unloaded, next.State("pets", 1));
        Assert.Empty(next.Builder.Live);
        using var lease = (await next.LeaseAsync("pets")).OrThrow();
        Assert.Equal(1, lease.Model.Version);
        Assert.Equal(
            "pets@1",
            Assert.Single(next.Builder.Live) is var worker ? $"{worker.Model}@{worker.Version}" : ""
        );
    }

    [Fact]
    public async Task Restart_DamagedVersion_FailsAloneWithItsReason()
    {
        await registry.CreateAsync("pets");
        await registry.AddAsync("pets");
        var model = Assert.Single(await registry.Store.OpenAsync(CancellationToken.None));
        var next = new RegistryHarness(store: registry.Store);

        next.Registry.Restore(
            [
                model with
                {
                    Versions = [model.Versions[0], new StoredVersion(2, null, null, "manifest.json is missing.")],
                },
            ],
            []
        );

        Assert.Equal(VersionState.Failed, next.State("pets", 2));
        using (var lease = (await next.LeaseAsync("pets")).OrThrow())
            Assert.Equal(1, lease.Model.Version);
        var failure = (await next.LeaseAsync("pets", 2)).Failure!;
        Assert.Contains("manifest.json is missing.", failure.Detail, StringComparison.Ordinal);
        Assert.Equal(
            ErrorCode.ModelNotReady,
            (await next.Catalog.LoadAsync("pets", 2, CancellationToken.None)).Failure!.Code
        );
        Assert.Equal(3, (await next.AddAsync("pets")).OrThrow().Version.Version);
    }

    [Fact]
    public async Task Dispose_FreesEverythingAndLeavesTheStore()
    {
        await registry.CreateAsync("pets");
        await registry.AddAsync("pets");

        await registry.Registry.DisposeAsync();

        AssertNothingInMemory();
        Assert.Equal(2, Assert.Single(await registry.Store.OpenAsync(CancellationToken.None)).Versions.Count);
    }

    [Theory]
    [InlineData(VersionState.Ready, VersionState.Loading)]
    [InlineData(VersionState.Ready, VersionState.Unloaded)]
    [InlineData(VersionState.Unloaded, VersionState.Ready)]
    [InlineData(VersionState.Failed, VersionState.Ready)]
    [InlineData(VersionState.Draining, VersionState.Ready)]
    public void Snapshot_TransitionOutsideTheTable_IsABug(VersionState from, VersionState to)
    {
        VersionState[] way = from switch
        {
            VersionState.Draining => [VersionState.Ready, VersionState.Draining],
            _ => [from],
        };
        var snapshot = VersionSnapshot.Building(RegistryHarness.Model("pets"));
        foreach (var state in way)
            snapshot = snapshot.To(state, null, loadsOnRequest: false);

        Assert.Throws<InvalidOperationException>(() => snapshot.To(to, null, loadsOnRequest: false));
    }

    private static async Task Leave(CancellationTokenSource client, CancellationToken token)
    {
        await client.CancelAsync();
        token.ThrowIfCancellationRequested();
    }

    private Held Hold()
    {
        var held = new Held();
        registry.Builder.OnBuild = (_, _, _) => held.WaitAsync();
        return held;
    }

    private async Task EvictAsync(string name)
    {
        await registry.Version(name, 1).Drain("Another version needed its memory.", loadsOnRequest: true)!;
        Assert.Equal(VersionState.Unloaded, registry.State(name, 1));
    }

    private void AssertNothingInMemory()
    {
        Assert.Empty(registry.Builder.Live);
        Assert.Equal(0, registry.Budget.Used("cpu"));
    }

    private sealed class Held
    {
        private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => begun.Task;

        public void Release() => released.TrySetResult();

        public Task WaitAsync()
        {
            begun.TrySetResult();
            return released.Task;
        }
    }
}
