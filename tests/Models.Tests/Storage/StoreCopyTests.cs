using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Tests.Registry.Support;

namespace ModelService.Models.Tests.Storage;

/// <summary>The settings of models that are copied; PostgreSQL's own tests have the versions.</summary>
public sealed class StoreCopyTests
{
    private readonly RegistryHarness source = new();
    private readonly RegistryHarness target = new();
    private readonly List<string> lines = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_AfterACopyThatEndedBeforeTheSettings_CopiesThem()
    {
        await CreateAndPinAsync(source);
        target.Store.OnWrite = what =>
            what.StartsWith("settings", StringComparison.Ordinal)
                ? throw new ServingException(ErrorCode.StorageUnavailable, "The disk is full.")
                : Task.CompletedTask;
        await Assert.ThrowsAsync<ServingException>(RunAsync);
        target.Store.OnWrite = null;
        Assert.Null((await SettingsAsync()).DefaultVersion);

        Assert.Equal(0, await RunAsync());

        Assert.Equal((1, 2), ((await SettingsAsync()).DefaultVersion, (await SettingsAsync()).LastVersion));
    }

    [Fact]
    public async Task Run_TargetWithSettingsOfItsOwn_KeepsThemAndSaysSo()
    {
        await CreateAndPinAsync(source);
        Assert.Equal(0, await RunAsync());
        var own = await SettingsAsync() with { DefaultVersion = 2 };
        await target.Store.PutSettingsAsync("pets", own);
        (await source.AddAsync("pets")).OrThrow();
        lines.Clear();

        Assert.Equal(1, await RunAsync());

        Assert.Equal(2, (await SettingsAsync()).DefaultVersion);
        Assert.Equal(
            [
                "pets@1: is there already",
                "pets@2: is there already",
                "pets@3: copied",
                "pets: The target has other settings: a default version, labels or routes of its own.",
            ],
            lines
        );
    }

    [Fact]
    public async Task Run_TargetWithAnotherModelOfTheName_LeavesItsSettings()
    {
        await CreateAndPinAsync(source);
        target.Clock.Advance(TimeSpan.FromDays(1));
        (await target.CreateAsync("pets")).OrThrow();

        Assert.NotEqual(0, await RunAsync());

        Assert.Null((await SettingsAsync()).DefaultVersion);
    }

    private static async Task CreateAndPinAsync(RegistryHarness registry)
    {
        (await registry.CreateAsync("pets")).OrThrow();
        (await registry.AddAsync("pets")).OrThrow();
        (await registry.PinAsync("pets", "1")).OrThrow();
    }

    private Task<int> RunAsync() => new StoreCopy(source.Store, target.Store).RunAsync(lines.Add, Token);

    private async Task<ModelSettings> SettingsAsync() => Assert.Single(await target.Store.OpenAsync(Token)).Settings;
}
