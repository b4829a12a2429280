using ModelService.Api.Tests.Attacks;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

/// <summary>
/// The server is killed while clients create, update and delete models; what was acknowledged must be there after the
/// next start. The suite kills it a few times; more often, with these variables:
/// <code>KILLS=50 TEST_TIMEOUT=3600 dotnet test --project tests/Api.Tests --filter-class '*.KillTests'</code>
/// </summary>
[Trait("Category", "Attack")]
[Collection(nameof(Alone))]
public sealed class KillTests : IDisposable
{
    private readonly TemporaryFolder data = new();
    private readonly int kills = int.TryParse(Environment.GetEnvironmentVariable("KILLS"), out var count) ? count : 5;
    private readonly ModelOwner[] owners = [new("model-0"), new("model-1"), new("model-2")];
    private readonly SemaphoreSlim sent = new(0);

    public void Dispose()
    {
        data.Dispose();
        sent.Dispose();
    }

    [Fact]
    public async Task Kill_WhileModelsChange_LosesNothingThatWasAcknowledged()
    {
        var random = TestSeed.Generator();
        for (var kill = 0; kill < kills; kill++)
        {
            using var server = await StartAsync();
            using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var work = owners
                .Select(
                    (owner, index) =>
                        Task.Run(
                            () => ChangeAsync(server, owner, TestSeed.Generator((kill * owners.Length) + index), over),
                            TestContext.Current.CancellationToken
                        )
                )
                .ToList();

            // Time is what the test is about: the kill comes at a random moment, mostly after some changes. A build
            // takes long, and the other changes a few milliseconds.
            for (var changes = random.Next(24); changes > 0 && !work.TrueForAll(task => task.IsCompleted); changes--)
                await sent.WaitAsync(TestContext.Current.CancellationToken);
            await Task.Delay(random.Next(random.Next(2) == 0 ? 100 : 6), TestContext.Current.CancellationToken);
            await over.CancelAsync();
            await server.KillAsync();
            await Task.WhenAll(work);
        }

        using var last = await StartAsync();
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(data.Path, ".staging")));
        var output = TestContext.Current.TestOutputHelper;
        output?.WriteLine($"{kills} kills");
        foreach (var kind in owners.SelectMany(owner => owner.Counts).GroupBy(pair => pair.Key, pair => pair.Value))
        {
            output?.WriteLine(
                $"{kind.Key}: {kind.Sum(count => count.Acknowledged)} acknowledged, "
                    + $"{kind.Sum(count => count.Happened + count.Undone)} interrupted by a kill, "
                    + $"of which {kind.Sum(count => count.Happened)} had happened"
            );
        }

        var acknowledged = owners.Sum(owner => owner.Counts.Values.Sum(count => count.Acknowledged));
        var interrupted = owners.Sum(owner => owner.Counts.Values.Sum(count => count.Happened + count.Undone));

        // A change that was lost fails the test.
        await AttackPage.WriteAsync("kills", kills, acknowledged, interrupted, 0);
        Assert.True(acknowledged > kills, $"Only {acknowledged} changes were acknowledged.");
    }

    // Starts the server, and compares what it has with what the owners know.
    private async Task<ServerProcess> StartAsync()
    {
        var server = await ServerProcess.StartAsync(data.Path);
        foreach (var owner in owners)
            await owner.CheckAsync(server.Api);
        return server;
    }

    private async Task ChangeAsync(ServerProcess server, ModelOwner owner, Random random, CancellationTokenSource over)
    {
        try
        {
            while (!over.IsCancellationRequested)
                await owner.ChangeAsync(server.Api, random, () => sent.Release());
        }
        catch (HttpRequestException)
        {
            // Killed: what was asked for last is left open.
        }
    }
}
