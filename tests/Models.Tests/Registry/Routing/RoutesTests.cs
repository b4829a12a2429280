using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Tests.Registry.Support;

namespace ModelService.Models.Tests.Registry.Routing;

/// <summary>Routes are set, kept, and ended; requests that their version can't answer go to the stable one.</summary>
public sealed class RoutesTests
{
    private readonly RegistryHarness registry = new();

    [Fact]
    public async Task Update_Routes_PinsTheLargestShareAndKeepsThemOverARestart()
    {
        await CreateAsync(versions: 3);

        var entry = (
            await UpdateAsync("""{ "routes": { "1": 70, "3": 30 }, "stop": { "max_drift": 0.5 } }""")
        ).OrThrow();

        Assert.Equal((1, 1), (entry.Pinned, entry.Default.Version));
        Assert.Equal([(1, 70, 70), (3, 30, 30)], Shares(entry));
        Assert.Equal((3, 1), (await RouteAsync(29), await RouteAsync(30)));
        Assert.Equal(3, Leased(await registry.LeaseAsync("pets", 3)));
        Assert.Equal(1, Leased(await registry.LeaseAsync("pets")));

        var after = await registry.RestartAsync();
        var restarted = after.Registry.Find("pets").OrThrow();
        Assert.Equal(Shares(entry), Shares(restarted));
        Assert.Equal(new StopConditions { MaxDrift = 0.5 }, restarted.Routes!.Routes.Stop);
        Assert.Equal(entry.Routes!.Routes.Since, restarted.Routes.Routes.Since);
    }

    [Theory]
    [InlineData("""{ "routes": null }""", 1)]
    [InlineData("""{ "routes": {"1": 100} }""", 1)]
    [InlineData("""{ "default_version": 2 }""", 2)]
    [InlineData("""{ "default_version": 1 }""", 1)]
    [InlineData("""{ "default_version": "newest" }""", 2)]
    [InlineData("""{ "default_version": 2, "routes": null }""", 2)]
    public async Task Update_OtherRoutesOrADefaultVersion_EndsThem(string change, int expected)
    {
        await CreateAsync(versions: 2);
        (await UpdateAsync("""{ "routes": { "1": 50, "2": 50 } }""")).OrThrow();

        (await UpdateAsync(change)).OrThrow();

        for (var bucket = 0; bucket < 100; bucket++)
            Assert.Equal(expected, await RouteAsync(bucket));
    }

    [Fact]
    public async Task Update_Labels_LeavesTheRoutesAndTheirFigures()
    {
        await CreateAsync(versions: 2);
        var entry = (await UpdateAsync("""{ "routes": { "1": 50, "2": 50 } }""")).OrThrow();
        var canary = entry.Canary;

        (await UpdateAsync("""{ "labels": ["cat", "dog"] }""")).OrThrow();

        Assert.Same(canary, entry.Canary);
        Assert.NotNull(entry.Settings.Routes);
    }

    [Theory]
    [InlineData("""{ "routes": { "1": 50, "7": 50 } }""", "/routes/7")]
    [InlineData("""{ "routes": { "8": 50, "7": 50 } }""", "/routes/8", "/routes/7")]
    [InlineData("""{ "default_version": 2, "routes": { "1": 100 } }""", "/routes")]
    public async Task Update_UnservableVersions_AreAllNamed(string change, params string[] pointers)
    {
        await CreateAsync(versions: 2);

        var failure = (await UpdateAsync(change)).Failure!;

        Assert.Equal(ErrorCode.DefinitionInvalid, failure.Code);
        Assert.Equal(pointers, failure.Errors.Select(error => error.Pointer));
        Assert.Null(registry.Registry.Find("pets").OrThrow().Routes);
    }

    [Fact]
    public async Task Update_VersionThatIsUnloadedOrWasRefused_HasNoShare()
    {
        await CreateAsync(versions: 2);
        registry.Builder.OnBuild = (_, _, _) => throw new InvalidOperationException("broken");
        await Assert.ThrowsAsync<InvalidOperationException>(() => registry.AddAsync("pets"));
        registry.Builder.OnBuild = null;
        (await registry.Catalog.UnloadAsync("pets", 2)).OrThrow();

        var failure = (await UpdateAsync("""{ "routes": { "1": 80, "2": 10, "3": 10 } }""")).Failure!;

        Assert.Equal(["/routes/2", "/routes/3"], failure.Errors.Select(error => error.Pointer));
    }

    [Fact]
    public async Task Lease_RoutedVersionThatWasDeleted_IsTheStableOne()
    {
        await CreateAsync(versions: 3);
        var entry = (await UpdateAsync("""{ "routes": { "1": 50, "2": 20, "3": 30 } }""")).OrThrow();

        (await registry.Catalog.DeleteVersionAsync("pets", 2)).OrThrow();
        var pinned = await registry.Catalog.DeleteVersionAsync("pets", 1);

        Assert.Equal((1, 3, 1), (await RouteAsync(0), await RouteAsync(20), await RouteAsync(60)));
        Assert.Equal([(1, 50, 70), (2, 20, 0), (3, 30, 30)], Shares(entry));
        Assert.Equal("Version 2 is deleted: version 1 answers in its place.", entry.Routes!.Versions[1].Reason);
        Assert.Equal(ErrorCode.VersionConflict, pinned.Failure!.Code);
    }

    [Fact]
    public async Task Lease_RoutedVersionThatFailsToLoad_IsTheStableOne()
    {
        await CreateAsync(versions: 2);
        (await UpdateAsync("""{ "routes": { "1": 50, "2": 50 } }""")).OrThrow();
        var after = await registry.RestartAsync();
        after.Builder.OnBuild = (version, _, _) =>
            version.Version == 2 ? throw new InvalidOperationException("broken") : Task.CompletedTask;

        var leased = await after.Loader.LeaseAsync("pets", null, "prediction", CancellationToken.None, bucket: 0);

        Assert.Equal(1, Leased(leased));
        var report = after.Registry.Find("pets").OrThrow().Routes!;
        Assert.Equal("Version 2 is failed: version 1 answers in its place.", report.Versions[1].Reason);
    }

    [Fact]
    public async Task Lease_DeletesWhileRequestsAreRouted_FailNone()
    {
        await CreateAsync(versions: 5);
        (await UpdateAsync("""{ "routes": { "1": 20, "2": 20, "3": 20, "4": 20, "5": 20 } }""")).OrThrow();
        using var stop = new CancellationTokenSource();
        var traffic = Enumerable
            .Range(0, 4)
            .Select(worker =>
                Task.Run(async () =>
                {
                    for (var bucket = worker * 25; !stop.IsCancellationRequested; bucket = (bucket + 1) % 100)
                        Assert.InRange(await RouteAsync(bucket), 1, 5);
                })
            )
            .ToList();

        for (var version = 2; version <= 5; version++)
            (await registry.Catalog.DeleteVersionAsync("pets", version)).OrThrow();
        await stop.CancelAsync();

        await Task.WhenAll(traffic);
        Assert.Equal(1, await RouteAsync(0));
    }

    [Fact]
    public async Task Stop_IsStored_UnlessOtherRoutesWereSet()
    {
        await CreateAsync(versions: 2);
        var entry = (await UpdateAsync("""{ "routes": { "1": 50, "2": 50 } }""")).OrThrow();
        var routes = entry.Settings.Routes!;
        var stop = new RouteStop(registry.Clock.GetUtcNow(), 2, StopCondition.MaxDrift, 0.25, 0.5, null, 100, 100);

        var before = registry.Registry.Changes;
        (await registry.Catalog.StopRoutesAsync("pets", routes, stop)).OrThrow();

        // What was read from the store before the stop is older than it, and does not overtake it.
        Assert.False(registry.Registry.TryApply(before, () => entry.Settings = new ModelSettings()));
        Assert.Equal((1, stop), (await RouteAsync(0), entry.Routes!.Stopped));
        Assert.Equal([(1, 50, 100), (2, 50, 0)], Shares(entry));
        var after = (await registry.RestartAsync()).Registry.Find("pets").OrThrow();
        Assert.Equal(stop, after.Routes!.Stopped);

        registry.Clock.Advance(TimeSpan.FromSeconds(1));
        (await UpdateAsync("""{ "routes": { "1": 50, "2": 50 } }""")).OrThrow();
        (await registry.Catalog.StopRoutesAsync("pets", routes, stop)).OrThrow();
        Assert.Equal((2, null), (await RouteAsync(0), entry.Routes!.Stopped));
    }

    private static List<(int, int, int)> Shares(ModelEntry entry) =>
        [.. entry.Routes!.Versions.Select(version => (version.Version, version.Share, version.Answers))];

    private static int Leased(Outcome<ModelLease> leased)
    {
        using var lease = leased.OrThrow();
        return lease.Model.Version;
    }

    private async Task CreateAsync(int versions)
    {
        (await registry.CreateAsync("pets")).OrThrow();
        for (var version = 2; version <= versions; version++)
            (await registry.AddAsync("pets")).OrThrow();
    }

    private Task<Outcome<ModelEntry>> UpdateAsync(string change) =>
        registry.Catalog.UpdateAsync("pets", ModelUpdate.Read(JsonElement.Parse(change)), CancellationToken.None);

    private async Task<int> RouteAsync(int bucket) =>
        Leased(await registry.Loader.LeaseAsync("pets", null, "prediction", CancellationToken.None, bucket));
}
