using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Tests.Registry.Support;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Registry;

/// <summary>What other servers change in a shared store comes into memory.</summary>
public sealed class RegistryUpdateTests
{
    private readonly RegistryHarness other = new();
    private readonly RegistryHarness own;
    private long revision;

    public RegistryUpdateTests() => own = new RegistryHarness(store: other.Store);

    [Fact]
    public async Task Apply_NewModel_IsServedAndLoadsOnRequest()
    {
        (await other.CreateAsync("pets")).OrThrow();

        var update = await UpdateAsync();

        Assert.True(update.IsComplete);
        Assert.Equal("pets", Assert.Single(update.Changed).Name);
        (await own.LeaseAsync("pets")).OrThrow().Dispose();
    }

    [Fact]
    public async Task Apply_NewDefault_OldOneAnswersUntilItIsLoaded()
    {
        (await other.CreateAsync("pets")).OrThrow();
        await UpdateAsync();
        (await own.LeaseAsync("pets")).OrThrow().Dispose();
        (await other.AddAsync("pets")).OrThrow();

        await UpdateAsync();

        var entry = own.Registry.Find("pets").OrThrow();
        Assert.Equal((1, 2), (entry.Default.Version, entry.LastingDefault.Version));
        Assert.Equal(2, entry.Find(2).OrThrow().Version);
        Assert.Equal((2, false), (entry.Rollout!.Version, entry.Rollout.IsPrepared));

        // It answers when this server has it, and enough others do, or the time is over.
        Assert.Null(entry.TrySwitch(_ => true));
        (await own.LeaseAsync("pets", 2)).OrThrow().Dispose();
        entry.Rollout.IsPrepared = true;
        Assert.Null(entry.TrySwitch(_ => false));
        Assert.Equal(1, entry.Default.Version);
        entry.Rollout.IsReleased = true;
        Assert.Equal(2, entry.TrySwitch(_ => false)!.Version);
        Assert.Equal(2, entry.Default.Version);
        Assert.Null(entry.Rollout);
    }

    [Fact]
    public async Task Apply_NewDefaultOfAModelWhoseOldOneIsUnloaded_AnswersAtOnce()
    {
        (await other.CreateAsync("pets")).OrThrow();
        await UpdateAsync();
        (await other.AddAsync("pets")).OrThrow();

        await UpdateAsync();

        var entry = own.Registry.Find("pets").OrThrow();
        Assert.Equal(2, entry.Default.Version);
        Assert.Null(entry.Rollout);
    }

    [Fact]
    public async Task Apply_NewDefaultThatCanNotBeLoaded_OldOneAnswersOn()
    {
        (await other.CreateAsync("pets")).OrThrow();
        (await other.AddAsync("pets")).OrThrow();
        (await other.PinAsync("pets", "1")).OrThrow();
        await UpdateAsync();
        (await own.LeaseAsync("pets")).OrThrow().Dispose();
        (await other.PinAsync("pets", "2")).OrThrow();
        await UpdateAsync();
        var entry = own.Registry.Find("pets").OrThrow();
        own.Builder.OnBuild = (_, _, _) => throw new ServingException(ErrorCode.WeightsUnreadable, "It is damaged.");
        Assert.NotNull((await own.LeaseAsync("pets", 2)).Failure);
        entry.Rollout!.IsPrepared = true;

        Assert.Null(entry.TrySwitch(_ => true));

        Assert.Equal(1, entry.Default.Version);
        own.Builder.OnBuild = (_, _, _) => Task.CompletedTask;
        await own.Loader.LoadAsync(entry.LastingDefault);
        Assert.Equal(2, entry.TrySwitch(_ => true)!.Version);
    }

    [Fact]
    public async Task Apply_RollbackDuringARollout_EndsIt()
    {
        (await other.CreateAsync("pets")).OrThrow();
        await UpdateAsync();
        (await own.LeaseAsync("pets")).OrThrow().Dispose();
        (await other.AddAsync("pets")).OrThrow();
        await UpdateAsync();
        (await other.PinAsync("pets", "1")).OrThrow();

        await UpdateAsync();

        var entry = own.Registry.Find("pets").OrThrow();
        Assert.Equal(1, entry.Default.Version);
        Assert.Null(entry.Rollout);
        Assert.Null(entry.TrySwitch(_ => true));
    }

    [Fact]
    public async Task Take_SettingsThatAreOlderThanThoseOfTheStore_StayAway()
    {
        (await own.CreateAsync("pets")).OrThrow();
        var entry = own.Registry.Find("pets").OrThrow();
        entry.Settings = entry.Settings with { Revision = 11, DefaultVersion = 1 };

        entry.Take(entry.Settings with { Revision = 10, DefaultVersion = null });

        Assert.Equal((11, 1), (entry.Settings.Revision, entry.Pinned));
    }

    [Fact]
    public async Task Apply_PinOfAnUnloadedVersion_OldOneAnswersUntilItIsLoaded()
    {
        (await other.CreateAsync("pets")).OrThrow();
        (await other.AddAsync("pets")).OrThrow();
        await UpdateAsync();
        (await own.LeaseAsync("pets")).OrThrow().Dispose();
        (await other.PinAsync("pets", "1")).OrThrow();

        await UpdateAsync();

        var entry = own.Registry.Find("pets").OrThrow();
        Assert.Equal((2, 1), (entry.Default.Version, entry.LastingDefault.Version));
    }

    [Fact]
    public async Task Pin_VersionOfAnotherServerThatIsBeingLoaded_IsDone()
    {
        (await other.CreateAsync("pets")).OrThrow();
        (await other.AddAsync("pets")).OrThrow();
        await UpdateAsync();
        var (loading, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        own.Builder.OnBuild = async (_, _, _) =>
        {
            loading.SetResult();
            await go.Task;
        };
        var lease = own.LeaseAsync("pets", 1);
        await loading.Task;

        var pinned = await own.PinAsync("pets", "1");

        Assert.Equal(1, pinned.OrThrow().Pinned);
        go.SetResult();
        (await lease).OrThrow().Dispose();
    }

    [Fact]
    public async Task Apply_Deleted_IsServedNoLonger()
    {
        (await other.CreateAsync("pets")).OrThrow();
        (await other.AddAsync("pets")).OrThrow();
        (await other.CreateAsync("dogs")).OrThrow();
        await UpdateAsync();
        (await own.LeaseAsync("pets", 1)).OrThrow().Dispose();
        (await other.Catalog.DeleteVersionAsync("pets", 1)).OrThrow();
        (await other.Catalog.DeleteAsync("dogs")).OrThrow();

        var update = await UpdateAsync();

        Assert.Equal(
            ["dogs@1", "pets@1"],
            update.Removed.Select(version => $"{version.Name}@{version.Version}").Order()
        );
        Assert.NotNull(own.Registry.Find("pets", 1).Failure);
        Assert.NotNull(own.Registry.Find("dogs").Failure);
    }

    [Fact]
    public async Task Apply_VersionThatIsBuiltHere_IsLeftAlone()
    {
        (await other.CreateAsync("pets")).OrThrow();
        await UpdateAsync();
        var (building, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        own.Builder.OnBuild = async (_, _, _) =>
        {
            building.SetResult();
            await go.Task;
        };
        var adding = own.AddAsync("pets");
        await building.Task;

        var update = await UpdateAsync();

        Assert.Empty(update.Removed);
        Assert.Equal(VersionState.Loading, own.State("pets", 2));
        go.SetResult();
        (await adding).OrThrow();
        Assert.Equal(VersionState.Ready, own.State("pets", 2));
    }

    [Fact]
    public async Task Apply_ModelOfAnotherServerWhileOneOfTheNameIsBuiltHere_WaitsForTheStoreToDecide()
    {
        (await other.CreateAsync("pets")).OrThrow();
        Assert.True(own.Registry.TryAdd(new ModelEntry("pets", new ModelSettings()) { IsNew = true }));

        Assert.False((await UpdateAsync()).IsComplete);
    }

    [Fact]
    public async Task Apply_SameBytesThatAreLoadedInsteadOfRandom_AreShownAsLoaded()
    {
        (await other.CreateAsync("pets")).OrThrow();
        await UpdateAsync();
        var stored = (await own.Store.OpenAsync(TestContext.Current.CancellationToken)).Single();
        var version = stored.Versions.Single();
        Assert.NotEmpty(version.Manifest!.RandomTensors);
        var loaded = version with
        {
            Manifest = version.Manifest with { Weights = WeightsState.Loaded, RandomTensors = [] },
        };
        var changes = new StoreChanges(
            ++revision,
            [stored with { Versions = [loaded] }],
            new Dictionary<string, IReadOnlySet<int>> { ["pets"] = new HashSet<int> { 1 } }
        );

        new RegistryUpdate(own.Registry, changes, now: 0).Apply();

        var weights = own.Registry.Find("pets").OrThrow().Find(1).OrThrow().Current.Weights!;
        Assert.Equal((WeightsState.Loaded, 0), (weights.State, weights.RandomTensors.Count));
    }

    [Fact]
    public async Task TryApply_ReadBeforeAChangeOfThisServer_IsRefused()
    {
        (await own.CreateAsync("pets")).OrThrow();
        var before = own.Registry.Changes;
        var update = new RegistryUpdate(own.Registry, await ReadAsync(), now: 0);
        (await own.Catalog.DeleteAsync("pets")).OrThrow();

        Assert.False(own.Registry.TryApply(before, update.Apply));
        Assert.Empty(own.Registry.List());
    }

    private async Task<RegistryUpdate> UpdateAsync()
    {
        var update = new RegistryUpdate(own.Registry, await ReadAsync(), now: 0);
        Assert.True(own.Registry.TryApply(own.Registry.Changes, update.Apply));
        return update;
    }

    private async Task<StoreChanges> ReadAsync()
    {
        var models = await own.Store.OpenAsync(TestContext.Current.CancellationToken);
        return new StoreChanges(
            ++revision,
            models,
            models.ToDictionary(
                model => model.Name,
                model => (IReadOnlySet<int>)model.Versions.Select(version => version.Version).ToHashSet()
            )
        );
    }
}
