using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Tests.Registry.Support;

namespace ModelService.Models.Tests.Registry;

/// <summary>The order of last uses: how it outlasts a restart, and how the next start loads by it.</summary>
public sealed class LastUseTests
{
    private readonly RegistryHarness registry = new();

    [Fact]
    public async Task Start_LoadsTheLastUsedVersionsFirst()
    {
        await CreateAsync("a", "b", "c", "d");
        await UseAsync("c", "d", "a");
        await StopAsync(registry);

        Assert.Equal(["a@1", "d@1", "c@1", "b@1"], await StartAsync(await registry.RestartAsync()));
    }

    [Fact]
    public async Task Start_PinnedVersion_ComesBeforeTheLastUsed()
    {
        await CreateAsync("a", "b", "c");
        await registry.PinAsync("b", "1");
        await UseAsync("c");
        await StopAsync(registry);

        Assert.Equal(["b@1", "c@1", "a@1"], await StartAsync(await registry.RestartAsync()));
    }

    [Fact]
    public async Task Start_RoomForOne_LoadsTheLastUsed()
    {
        await CreateAsync("a", "b", "c");
        await UseAsync("b");
        await StopAsync(registry);

        Assert.Equal(["b@1"], await StartAsync(await registry.RestartAsync(RegistryHarness.VersionBytes)));
    }

    [Fact]
    public async Task Start_LoadsAreNoUses()
    {
        await CreateAsync("a", "b", "c");
        await UseAsync("b");
        await StopAsync(registry);
        var second = await registry.RestartAsync();
        await StartAsync(second);

        await StopAsync(second);

        Assert.Equal(["b@1", "c@1", "a@1"], await StartAsync(await registry.RestartAsync()));
    }

    [Fact]
    public async Task Start_OrderWasNeverStored_LoadsTheDefaultsFirst()
    {
        await CreateAsync("a", "b");
        await registry.AddAsync("a");

        Assert.Equal(["a@2", "b@1", "a@1"], await StartAsync(await registry.RestartAsync()));
    }

    [Fact]
    public async Task Record_EveryFewMinutes_IfItHasChanged()
    {
        await CreateAsync("a", "b");
        using var recorder = Recorder(registry);
        await recorder.StartAsync(CancellationToken.None);
        Assert.Equal(0, registry.Store.LastUsesWritten);

        await PassAsync(expected: 1);
        await UseAsync("a");
        await PassAsync(expected: 2);
        await recorder.StopAsync(CancellationToken.None);

        Assert.Equal(2, registry.Store.LastUsesWritten);
        Assert.Equal(["a", "b"], (await registry.Store.ReadLastUsesAsync()).Select(item => item.Name));
    }

    [Fact]
    public async Task Record_StoppedTwiceAtOnce_WritesOnceAndBothWait()
    {
        await CreateAsync("a");
        using var recorder = Recorder(registry);
        await recorder.StartAsync(CancellationToken.None);

        await Task.WhenAll(recorder.StopAsync(CancellationToken.None), recorder.StopAsync(CancellationToken.None));

        Assert.Equal(1, registry.Store.LastUsesWritten);
    }

    [Fact]
    public async Task Record_DeletedVersion_IsForgotten()
    {
        await CreateAsync("a", "b");
        await registry.Catalog.DeleteAsync("b");

        await StopAsync(registry);

        Assert.Equal("a@1", Assert.Single(await registry.Store.ReadLastUsesAsync()).ToString());
    }

    [Fact]
    public async Task Record_ReadOnlyStore_WritesNothing()
    {
        await CreateAsync("a");
        registry.Store.Refusal = new Failure(ErrorCode.ReadOnly, "It is read-only.");

        await StopAsync(registry);

        Assert.Empty(await registry.Store.ReadLastUsesAsync());
    }

    private async Task CreateAsync(params string[] names)
    {
        foreach (var name in names)
            (await registry.CreateAsync(name)).OrThrow();
    }

    private async Task UseAsync(params string[] names)
    {
        foreach (var name in names)
            (await registry.LeaseAsync(name)).OrThrow().Dispose();
    }

    // Lets intervals pass until the order was written so often. The recorder starts and writes on threads of the pool.
    private async Task PassAsync(int expected)
    {
        for (var turn = 0; turn < 1_000; turn++)
        {
            registry.Clock.Advance(LastUseRecorder.Interval);
            await Task.Delay(5, TestContext.Current.CancellationToken);
            if (turn > 10 && registry.Store.LastUsesWritten >= expected)
                break;
        }

        Assert.Equal(expected, registry.Store.LastUsesWritten);
    }

    private static LastUseRecorder Recorder(RegistryHarness registry) =>
        new(registry.Store, registry.Registry, registry.Clock, NullLogger<LastUseRecorder>.Instance);

    private static async Task StopAsync(RegistryHarness registry)
    {
        using var recorder = Recorder(registry);
        await recorder.StartAsync(CancellationToken.None);
        await recorder.StopAsync(CancellationToken.None);
    }

    // Starts the server, and gives the versions in the order in which they were built.
    private static async Task<IEnumerable<string>> StartAsync(RegistryHarness next)
    {
        var built = new ConcurrentQueue<string>();
        next.Builder.OnBuild = (version, _, _) =>
        {
            built.Enqueue($"{version.Name}@{version.Version}");
            return Task.CompletedTask;
        };
        using var start = new RegistryStart(
            next.Store,
            next.Registry,
            next.Loader,
            next.Placement,
            Options.Create(new StorageOptions()),
            Options.Create(new ComputeOptions()),
            next.Clock,
            NullLogger<RegistryStart>.Instance
        );
        await start.StartAsync(CancellationToken.None);
        await start.ExecuteTask!;
        return built;
    }
}
