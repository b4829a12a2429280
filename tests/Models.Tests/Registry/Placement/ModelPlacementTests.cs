using ModelService.Models.Registry;
using ModelService.Models.Registry.Placement;
using ModelService.Models.Storage;
using ModelService.Models.Tests.Registry.Support;

namespace ModelService.Models.Tests.Registry.Placement;

/// <summary>A server with memory for two models, one of five; each model belongs on one server.</summary>
public sealed class ModelPlacementTests
{
    private static readonly IReadOnlyList<string> Servers = [.. Enumerable.Range(1, 5).Select(Server)];
    private static readonly string Self = Server(1);

    private readonly RegistryHarness registry = new(
        budget: 2 * RegistryHarness.VersionBytes,
        cluster: new ClusterOptions { Address = new Uri(Self), Copies = 1 }
    );

    public ModelPlacementTests() => SetServers(registry, Servers);

    [Fact]
    public async Task FindOthers_OfAModelInMemoryOrWithRoom_IsNone()
    {
        var (first, second, third) = (Away(0), Away(1), Away(2));
        await registry.CreateAsync(first);
        await registry.CreateAsync(second);
        await registry.CreateAsync(third); // evicts the first

        Assert.Empty(registry.Placement.FindOthers(second, null));
        Assert.Empty(registry.Placement.FindOthers(second, 1));
        Assert.Empty(registry.Placement.FindOthers("unknown", null));
        Assert.Empty(registry.Placement.FindOthers(first, 7));

        Assert.Equal([new Uri(HomeOf(first))], registry.Placement.FindOthers(first, null));
        Assert.Equal([new Uri(HomeOf(first))], registry.Placement.FindOthers(first, 1));

        (await registry.Catalog.DeleteAsync(third)).OrThrow();
        Assert.Empty(registry.Placement.FindOthers(first, null));
    }

    [Fact]
    public async Task FindOthers_OfAModelThatBelongsHere_IsNone()
    {
        var home = Names().First(name => HomeOf(name) == Self);
        await registry.CreateAsync(home);
        await registry.CreateAsync(Away(0));
        await registry.CreateAsync(Away(1)); // evicts it

        Assert.Equal(VersionState.Unloaded, registry.State(home, 1));
        Assert.Empty(registry.Placement.FindOthers(home, null));
    }

    [Fact]
    public async Task FindOthers_OfAModelThatAClientUnloaded_IsNone()
    {
        await registry.CreateAsync(Away(0));
        (await registry.Catalog.UnloadAsync(Away(0), 1)).OrThrow();
        await registry.CreateAsync(Away(1));
        await registry.CreateAsync(Away(2));

        Assert.Empty(registry.Placement.FindOthers(Away(0), null));
    }

    [Fact]
    public async Task FindOthers_WhenServersLeave_FollowsThem()
    {
        var name = await FullAsync();

        SetServers(registry, Servers.Where(server => server != HomeOf(name)));
        Assert.NotEqual([new Uri(HomeOf(name))], registry.Placement.FindOthers(name, null));

        // A server that hears of nobody, or of others only, still counts itself.
        SetServers(registry, []);
        Assert.Equal([Self], registry.Placement.Servers);
        Assert.Empty(registry.Placement.FindOthers(name, null));
        Assert.True(registry.Placement.IsHome(name));
    }

    [Fact]
    public async Task Relieve_HasThisServerAnswerForAMinute()
    {
        var name = await FullAsync();

        registry.Placement.Relieve(name);
        registry.Placement.Relieve("unknown");
        Assert.Empty(registry.Placement.FindOthers(name, null));

        registry.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotEmpty(registry.Placement.FindOthers(name, null));
    }

    [Fact]
    public async Task FindOthers_WithoutAnAddress_IsNone()
    {
        var alone = new RegistryHarness(budget: RegistryHarness.VersionBytes);
        SetServers(alone, Servers);
        await alone.CreateAsync("a");
        await alone.CreateAsync("b"); // evicts a

        Assert.Empty(alone.Placement.Servers);
        Assert.Empty(alone.Placement.FindOthers("a", null));
        Assert.True(alone.Placement.IsHome("a"));
    }

    [Fact]
    public async Task Load_NoRoom_UnloadsAPinnedVersionThatBelongsElsewhere()
    {
        var home = Names().First(name => HomeOf(name) == Self);
        await registry.CreateAsync(home);
        await registry.CreateAsync(Away(0));
        await registry.PinAsync(home, "1");
        await registry.PinAsync(Away(0), "1");

        await registry.CreateAsync(Away(1));

        Assert.Equal(VersionState.Ready, registry.State(home, 1));
        Assert.Equal(VersionState.Unloaded, registry.State(Away(0), 1));
    }

    // Fills the memory, and returns a model that is not in it and belongs elsewhere.
    private async Task<string> FullAsync()
    {
        for (var index = 0; index < 3; index++)
            await registry.CreateAsync(Away(index));
        return Away(0);
    }

    private static string Away(int index) => Names().Where(name => HomeOf(name) != Self).ElementAt(index);

    private static IEnumerable<string> Names() => Enumerable.Range(1, 100).Select(index => $"model-{index}");

    private static void SetServers(RegistryHarness registry, IEnumerable<string> addresses) =>
        registry.Placement.SetServers([.. addresses.Select(address => new ServerAddress(Guid.NewGuid(), address))]);

    private static string HomeOf(string model) => RendezvousHash.Choose(model, Servers, 1)[0];

    private static string Server(int number) => $"http://10.0.0.{number}:8080/";
}
