using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Explanation;
using ModelService.Models.Registry;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Registry.Support;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Explanation;

/// <summary>When a version's tensors are read, and when they go.</summary>
public sealed class StateDictCacheTests : IDisposable
{
    private readonly RegistryHarness registry = new(budget: 3 * RegistryHarness.VersionBytes);
    private readonly StateDictCache cache;

    public StateDictCacheTests()
    {
        var weights = new WeightsOpener(registry.Store, Options.Create(WeightsLimits.Default));
        cache = new StateDictCache(weights, registry.Budget, registry.Clock);
    }

    public void Dispose() => cache.Dispose();

    [Fact]
    public async Task ReadAsync_SameVersion_IsReadAndCountedOnce()
    {
        using var lease = await CreateAsync("a");
        var before = registry.Budget.Used("cpu");

        using var first = await ReadAsync(lease);
        using var second = await ReadAsync(lease);

        Assert.Equal(["fc.weight", "fc.bias"], first.StateDict.Keys);
        Assert.True(AreSameMemory(first, second));
        Assert.Equal(before + lease.Model.Bytes, registry.Budget.Used("cpu"));
    }

    [Fact]
    public async Task ReadAsync_OtherVersion_TakesThePlace()
    {
        using var a = await CreateAsync("a");
        using var b = await CreateAsync("b");
        var before = registry.Budget.Used("cpu");

        using var ofA = await ReadAsync(a);
        using var ofB = await ReadAsync(b);

        Assert.False(AreSameMemory(ofA, ofB));
        Assert.Equal(before + b.Model.Bytes, registry.Budget.Used("cpu"));
    }

    [Fact]
    public async Task ReadAsync_NobodyReadsForAWhile_TheyGo()
    {
        using var lease = await CreateAsync("a");
        var before = registry.Budget.Used("cpu");
        (await ReadAsync(lease)).Dispose();

        registry.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(before, registry.Budget.Used("cpu"));
    }

    [Fact]
    public async Task TryReserve_Short_TheyGo()
    {
        using var lease = await CreateAsync("a");
        var room = registry.Budget.Limit("cpu") - registry.Budget.Used("cpu");
        using var read = await ReadAsync(lease);

        using var version = registry.Budget.TryReserve("cpu", room);

        Assert.NotNull(version);
        using var again = await ReadAsync(lease); // without room, nothing is kept
        Assert.Equal(registry.Budget.Limit("cpu"), registry.Budget.Used("cpu"));
        Assert.False(AreSameMemory(read, again));
    }

    // Whether a change of one is seen in the other.
    private static bool AreSameMemory(ParameterStore one, ParameterStore other)
    {
        TensorMemory.Elements<float>(one["fc.weight"])[0]++;
        return TensorMemory.Elements<float>(one["fc.weight"])[0] == TensorMemory.Elements<float>(other["fc.weight"])[0];
    }

    private Task<ParameterStore> ReadAsync(ModelLease lease) =>
        cache.ReadAsync(lease, TestContext.Current.CancellationToken);

    private async Task<ModelLease> CreateAsync(string name)
    {
        await registry.CreateAsync(name);
        return (await registry.LeaseAsync(name)).OrThrow();
    }
}
