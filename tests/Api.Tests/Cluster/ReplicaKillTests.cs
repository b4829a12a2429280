using System.Collections.Concurrent;
using System.Diagnostics;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Cluster;

/// <summary>
/// Three servers share a database. Clients change models through any of them and others predict, while servers are
/// killed at random. More often than the suite does it, with these variables:
/// <code>KILLS=200 TEST_TIMEOUT=7200 dotnet test --project tests/Api.Tests --filter-class '*.ReplicaKillTests'</code>
/// </summary>
[Trait("Category", "Attack")]
[Collection(nameof(Alone))]
public sealed class ReplicaKillTests(PostgresServer postgres) : IDisposable
{
    private const int Count = 3;
    private const int Pinnable = 4; // versions of the model whose default changes all the time
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private readonly int kills = int.TryParse(Environment.GetEnvironmentVariable("KILLS"), out var count) ? count : 3;
    private readonly Replicas replicas = new(postgres.CreateDatabase(), "--ModelService:Compute:Trial=true");
    private readonly ReplicaOwner[] owners = [new("model-0"), new("model-1"), new("model-2")];
    private readonly ConcurrentDictionary<int, bool> deleted = []; // versions of the model that others predict with
    private readonly ConcurrentQueue<string> wrong = [];
    private volatile int killed = -1;
    private int predictions;

    public void Dispose() => replicas.Dispose();

    [Fact]
    public async Task Kill_AnyServerAtAnyTime_LosesNothingAndAllAreEqualAfterwards()
    {
        await replicas.StartAsync(Count);
        await replicas[0].Api.CreateAsync(Networks.Tiny("steady"));
        await replicas[0].Api.CreateAsync(Networks.Tiny("pinned"));
        for (var version = 2; version <= Pinnable; version++)
            (await replicas[0].Api.PostAsync("/v1/models/pinned/versions", """{"seed":2}""")).Ok(201);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var traffic = Enumerable.Range(0, Count).Select(index => PredictAsync(index, end)).ToList();
        var random = TestSeed.Generator();
        var longest = TimeSpan.Zero;
        var (pins, reads, inversions) = (0, 0, 0);
        for (var kill = 0; kill < kills; kill++)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
            var history = new DefaultHistory(await DefaultAsync(replicas[0]));
            var work = owners
                .Select((owner, index) => ChangeAsync(owner, TestSeed.Generator((kill * Count) + index), over))
                .Append(RollAsync(TestSeed.Generator(1000 + kill), over))
                .Concat([
                    PinAsync(history, TestSeed.Generator(2000 + kill), over),
                    PinAsync(history, TestSeed.Generator(3000 + kill), over),
                ])
                .Concat(Enumerable.Range(0, Count).Select(index => ReadDefaultAsync(history, index, over)))
                .ToList();
            await Task.Delay(random.Next(500, 3000), end.Token);
            var victim = random.Next(Count);
            killed = victim;
            await replicas.KillAsync(victim);
            await Task.Delay(random.Next(1000), end.Token);
            await over.CancelAsync();
            await Task.WhenAll(work);
            foreach (var found in history.FindWrong())
                wrong.Enqueue(found);
            pins += history.Count.Writes;
            reads += history.Count.Reads;
            inversions += history.CountInversions();
            await replicas.RestartAsync(victim);
            killed = -1;

            var started = Stopwatch.GetTimestamp();
            await EqualAsync();
            var took = Stopwatch.GetElapsedTime(started);
            longest = took > longest ? took : longest;
            foreach (var owner in owners)
                await owner.CheckAsync(replicas[random.Next(Count)].Api);
        }

        await end.CancelAsync();
        await Task.WhenAll(traffic);
        var acknowledged = owners.Sum(owner => owner.Acknowledged);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{kills} kills, {acknowledged} changes acknowledged, "
                + $"{owners.Sum(owner => owner.Interrupted)} interrupted, "
                + $"{deleted.Count} deleted versions, {predictions} predictions, equal after at most {longest}; "
                + $"{pins} changes of a default that {reads} answers observed, {inversions} of them older than an "
                + "earlier answer of another server"
        );
        Assert.Empty(wrong);
        Assert.True(pins > kills && reads > pins, $"Only {pins} changes of the default, and {reads} answers.");
        Assert.True(acknowledged > kills, $"Only {acknowledged} changes were acknowledged.");
        Assert.True(longest < Quiet, $"The servers were equal after {longest}.");
    }

    private async Task ChangeAsync(ReplicaOwner owner, Random random, CancellationTokenSource over)
    {
        try
        {
            while (!over.IsCancellationRequested)
                await owner.ChangeAsync(Any(random).Api, random);
        }
        catch (HttpRequestException)
        {
            // Killed: what was asked for last is left open.
        }
    }

    // Versions of the model that others predict with come and go.
    private async Task RollAsync(Random random, CancellationTokenSource over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                var made = await Any(random).Api.PostAsync("/v1/models/steady/versions", """{"seed":1}""");
                var newest = made.Ok(201).GetProperty("version").GetInt32();
                var model = (await Any(random).Api.GetAsync("/v1/models/steady")).Ok();
                var older = model
                    .GetProperty("versions")
                    .EnumerateArray()
                    .Select(version => version.GetProperty("version").GetInt32())
                    .Where(version => version < newest && !deleted.ContainsKey(version));
                foreach (var version in older)
                {
                    var gone = await Any(random).Api.DeleteAsync($"/v1/models/steady/versions/{version}");
                    if (gone.Status == 200)
                        deleted[version] = true;
                }
            }
            catch (HttpRequestException)
            {
                // Killed: whatever became of it, the next round goes on from there.
            }
        }
    }

    private async Task PredictAsync(int index, CancellationTokenSource end)
    {
        while (!end.IsCancellationRequested)
        {
            var server = replicas[index];
            var before = deleted.Keys.ToHashSet();
            try
            {
                var answer = await server.Api.PredictAsync("steady", Networks.InputJson());
                Interlocked.Increment(ref predictions);
                if (answer.Status != 200)
                    wrong.Enqueue($"{index}: {answer.Text}");
                else if (before.Contains(answer.Ok().GetProperty("version").GetInt32()))
                    wrong.Enqueue($"{index}: answered by a deleted version: {answer.Text}");
            }
            catch (Exception exception)
                when (exception is HttpRequestException or OperationCanceledException or ObjectDisposedException)
            {
                // Its client is disposed when it is started again.
                if (killed != index && server == replicas[index] && !end.IsCancellationRequested)
                    wrong.Enqueue($"{index}: {exception.Message}");
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }
    }

    private async Task PinAsync(DefaultHistory history, Random random, CancellationTokenSource over)
    {
        try
        {
            while (!over.IsCancellationRequested)
            {
                var version = random.Next(1, Pinnable + 1);
                var server = Any(random);
                await history.WriteAsync(
                    version,
                    async () =>
                        (
                            await server.Api.SendAsync(
                                HttpMethod.Patch,
                                "/v1/models/pinned",
                                Bodies.Json($$"""{"default_version":{{version}}}""")
                            )
                        ).Ok()
                );
            }
        }
        catch (HttpRequestException)
        {
            // Killed: the change was made, or was not.
        }
    }

    private async Task ReadDefaultAsync(DefaultHistory history, int index, CancellationTokenSource over)
    {
        try
        {
            while (!over.IsCancellationRequested)
                await history.ReadAsync(index, () => DefaultAsync(replicas[index]));
        }
        catch (Exception exception) when (exception is HttpRequestException or ObjectDisposedException)
        {
            // Killed.
        }
    }

    private static async Task<int> DefaultAsync(ServerProcess server) =>
        (await server.Api.PredictAsync("pinned", Networks.InputJson())).Ok().GetProperty("version").GetInt32();

    private ServerProcess Any(Random random)
    {
        var index = random.Next(Count);
        return replicas[index == killed ? (index + 1) % Count : index];
    }

    // Waits until all servers show the same.
    private async Task EqualAsync() =>
        await Eventually.GetAsync(
            async () =>
            {
                var shown = await Task.WhenAll(
                    replicas.Servers.Select(async server =>
                        string.Join('\n', await Task.WhenAll(owners.Select(owner => owner.ShowAsync(server.Api))))
                    )
                );
                return shown.Distinct().Count() == 1 ? "" : string.Join("\n\n", shown);
            },
            shown => shown.Length == 0
        );
}
