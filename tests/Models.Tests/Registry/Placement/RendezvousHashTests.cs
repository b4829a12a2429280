using System.Globalization;
using ModelService.Models.Registry.Placement;

namespace ModelService.Models.Tests.Registry.Placement;

/// <summary>The servers on which models belong: the same for all who ask, even, and steady.</summary>
public sealed class RendezvousHashTests
{
    private static readonly IReadOnlyList<string> Servers = [.. Enumerable.Range(1, 20).Select(Server)];
    private static readonly IReadOnlyList<string> Models =
    [
        .. Enumerable.Range(1, 10_000).Select(index => $"model-{index.ToString(CultureInfo.InvariantCulture)}"),
    ];

    [Fact]
    public void Choose_InAnyOrderOfServers_IsTheSame()
    {
        foreach (var model in Models.Take(200))
        {
            Assert.Equal(
                RendezvousHash.Choose(model, Servers, 3),
                RendezvousHash.Choose(model, [.. Servers.Reverse()], 3)
            );
        }
    }

    // All releases must choose alike: two that disagree would forward requests for nothing.
    [Fact]
    public void Choose_IsTheSameInEveryRelease() =>
        Assert.Equal([Server(17), Server(4), Server(12)], RendezvousHash.Choose("pets", Servers, 3));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(20, 20)]
    [InlineData(30, 20)]
    public void Choose_GivesDistinctServers(int count, int expected) =>
        Assert.Equal(expected, RendezvousHash.Choose("pets", Servers, count).Distinct().Count());

    [Fact]
    public void Choose_OfFewerCopies_IsTheBeginning() =>
        Assert.Equal(RendezvousHash.Choose("pets", Servers, 5).Take(2), RendezvousHash.Choose("pets", Servers, 2));

    // 10,000 models on 20 servers, two copies each: 1,000 a server. Four standard deviations of a fair choice (31).
    [Fact]
    public void Choose_IsEven()
    {
        var counts = Models.SelectMany(model => RendezvousHash.Choose(model, Servers, 2)).CountBy(server => server);

        Assert.Equal(Servers.Count, counts.Count());
        Assert.All(counts, count => Assert.InRange(count.Value, 876, 1124));
    }

    [Fact]
    public void Choose_WithoutAServer_MovesOnlyItsModels()
    {
        List<string> fewer = [.. Servers.Where(server => server != Server(7))];

        foreach (var model in Models)
        {
            var (before, after) = (RendezvousHash.Choose(model, Servers, 2), RendezvousHash.Choose(model, fewer, 2));
            Assert.Equal(before.Contains(Server(7)) ? 1 : 2, before.Intersect(after).Count());
        }
    }

    private static string Server(int number) => $"http://10.0.0.{number}:8080/";
}
