using System.Text.Json.Nodes;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Evaluations;

/// <summary>What happens to evaluations: cancelled, queued, interrupted, and when their version goes.</summary>
public sealed class EvaluationLifeTests : IDisposable
{
    private const string Labels = """ "labels":["cat","dog","horse","cow"] """;
    private const string Body = """{"dataset":"pets"}""";

    private readonly TemporaryFolder data = new();

    private string Folder => Path.Combine(data.Path, "evaluations");

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Cancel_RunningAndWaiting_EndBoth()
    {
        await using var server = Start(("ModelService:Evaluation:MaxQueued", "1"));
        var client = new EvaluationClient(server.Api);
        await server.Api.CreateAsync(Networks.Slow("slow"));
        await client.UploadAsync("pets", ("0", 1500));
        var running = await client.StartAsync("slow", Body);
        await Eventually.GetAsync(
            async () => (await server.Api.GetAsync(running)).Ok().GetProperty("done").GetInt32(),
            done => done > 0
        );
        var waiting = await client.StartAsync("slow", Body);

        (await server.Api.PostAsync(EvaluationClient.PathOf("slow"), Body)).Problem(429, "overloaded");
        (await server.Api.GetAsync($"{running}/report")).Problem(409, "evaluation_conflict");
        foreach (var path in (string[])[waiting, running])
        {
            var cancelled = (await server.Api.PostAsync($"{path}/cancel", Bodies.Json(""))).Ok();
            Assert.Equal("cancelled", cancelled.GetProperty("state").GetString());
        }

        Assert.InRange((await server.Api.GetAsync(running)).Ok().GetProperty("done").GetInt32(), 1, 1499);
        Assert.Equal(
            "cancelled",
            (await server.Api.PostAsync($"{running}/cancel", Bodies.Json(""))).Ok().GetProperty("state").GetString()
        );
    }

    [Fact]
    public async Task Restart_InTheMiddle_RunsItAgain()
    {
        string path,
            waiting;
        await using (var server = Start())
        {
            var client = new EvaluationClient(server.Api);
            await server.Api.CreateAsync(Networks.Slow("slow"));
            await client.UploadAsync("pets", ("0", 400));
            path = await client.StartAsync("slow", Body);
            waiting = await client.StartAsync("slow", Body);
            await Eventually.GetAsync(
                async () => (await server.Api.GetAsync(path)).Ok().GetProperty("done").GetInt32(),
                done => done > 0
            );
        }

        await using var next = Start();
        var ended = await new EvaluationClient(next.Api).WaitAsync(path);

        Assert.Equal(400, ended.GetProperty("result").GetProperty("images").GetInt32());
        await new EvaluationClient(next.Api).WaitAsync(waiting);
    }

    [Fact]
    public async Task Restart_StoppedTwice_FailsIt()
    {
        var path = await RunOnceAsync();
        var file = Path.Combine(Folder, path.Split('/')[^1], "evaluation.json");
        var record = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        (record["state"], record["attempts"]) = ("running", 2);
        record.AsObject().Remove("finished");
        await File.WriteAllTextAsync(file, record.ToJsonString(), TestContext.Current.CancellationToken);

        await using var server = Start();
        var ended = await new EvaluationClient(server.Api).WaitAsync(path, "failed");

        Assert.Contains("stopped 2 times", ended.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_DamagedRecord_IsIgnored()
    {
        var path = await RunOnceAsync();
        await File.WriteAllTextAsync(
            Path.Combine(Folder, path.Split('/')[^1], "evaluation.json"),
            "{",
            TestContext.Current.CancellationToken
        );

        await using var server = Start(("Serilog:MinimumLevel:Default", "Fatal"));

        (await server.Api.GetAsync(path)).Problem(404, "evaluation_not_found");
        Assert.Empty(
            (await server.Api.GetAsync(EvaluationClient.PathOf("pets")))
                .Ok()
                .GetProperty("evaluations")
                .EnumerateArray()
        );
    }

    [Fact]
    public async Task Restart_Finished_KeepsItAndItsScores()
    {
        var path = await RunOnceAsync();

        await using (var server = Start())
        {
            var ended = await new EvaluationClient(server.Api).WaitAsync(path);
            Assert.Equal(4, ended.GetProperty("result").GetProperty("images").GetInt32());
            Assert.Equal(200, (await server.Api.GetAsync($"{path}/report")).Status);
        }

        var logits = SafetensorsFile.Read(Path.Combine(Folder, path.Split('/')[^1], "logits.safetensors"));
        Assert.Equal([4, 4], logits.Shape("logits"));
        Assert.Equal([4], logits.Shape("labels"));
        Assert.Equal([0f, 0, 1, 1], logits.Floats("labels"));
    }

    [Fact]
    public async Task ReadOnly_Finished_IsReadAndNotChanged()
    {
        var path = await RunOnceAsync();

        await using var server = Start(("ModelService:Storage:ReadOnly", "true"));

        await new EvaluationClient(server.Api).WaitAsync(path);
        (await server.Api.PostAsync(EvaluationClient.PathOf("pets"), Body)).Problem(403, "read_only");
        (await server.Api.DeleteAsync(path)).Problem(403, "read_only");
    }

    [Fact]
    public async Task Delete_Version_TakesItsEvaluations()
    {
        var path = await RunOnceAsync();
        await using var server = Start();

        await server.Api.RemoveAsync("pets");
        await server.Api.CreateAsync(Networks.Tiny("pets", $"\"seed\":2,{Labels}"));

        (await server.Api.GetAsync(path)).Problem(404, "evaluation_not_found");
        await Eventually.GetAsync(() => Directory.GetDirectories(Folder).Length, count => count == 0);
    }

    [Fact]
    public async Task Delete_VersionThatIsEvaluated_EndsItsRun()
    {
        await using var server = Start();
        var client = new EvaluationClient(server.Api);
        await server.Api.CreateAsync(Networks.Slow("slow"));
        await client.UploadAsync("pets", ("0", 1500));
        var path = await client.StartAsync("slow", Body);
        await Eventually.GetAsync(
            async () => (await server.Api.GetAsync(path)).Ok().GetProperty("done").GetInt32(),
            done => done > 0
        );

        var removed = await server.Api.RemoveAsync("slow");

        Assert.False(removed.TryGetProperty("held_by", out _), removed.ToString());
        await Eventually.GetAsync(() => Directory.GetDirectories(Folder).Length, count => count == 0);
    }

    [Fact]
    public async Task Delete_Evaluation_RemovesIt()
    {
        var path = await RunOnceAsync();
        await using var server = Start();

        (await server.Api.DeleteAsync(path)).Ok();

        (await server.Api.GetAsync(path)).Problem(404, "evaluation_not_found");
        Assert.Empty(Directory.GetDirectories(Folder));
    }

    [Fact]
    public async Task Start_MoreThanAreKept_RemovesTheOldest()
    {
        await using var server = Start(("ModelService:Evaluation:MaxKept", "2"));
        var client = new EvaluationClient(server.Api);
        await server.Api.CreateAsync(Networks.Tiny("pets", Labels));
        await client.UploadAsync("pets", ("cat", 2));
        var paths = new List<string>();
        for (var run = 0; run < 4; run++)
            paths.Add((await client.RunAsync("pets", Body)).Path);

        var list = (await server.Api.GetAsync(EvaluationClient.PathOf("pets"))).Ok().GetProperty("evaluations");

        Assert.Equal(
            [paths[3].Split('/')[^1], paths[2].Split('/')[^1]],
            list.EnumerateArray().Select(item => item.GetProperty("id").GetString())
        );
    }

    [Fact]
    public async Task Start_ManyAtOnceThatRemoveTheSameOldOnes_AllRun()
    {
        await using var server = Start(("ModelService:Evaluation:MaxKept", "1"));
        var client = new EvaluationClient(server.Api);
        await server.Api.CreateAsync(Networks.Tiny("pets", Labels));
        await client.UploadAsync("pets", ("cat", 2));
        for (var round = 0; round < 5; round++)
        {
            var started = await Task.WhenAll(
                Enumerable.Range(0, 4).Select(_ => server.Api.PostAsync(EvaluationClient.PathOf("pets"), Body))
            );
            Assert.All(started, answer => answer.Ok(202));
            await Eventually.GetAsync(
                async () => (await server.Api.GetAsync(EvaluationClient.PathOf("pets"))).Ok().ToString(),
                list => !list.Contains("\"queued\"") && !list.Contains("\"running\"")
            );
        }
    }

    [Fact]
    public async Task Start_MoreScoresThanAllowed_IsRefused()
    {
        await using var server = Start(("ModelService:Evaluation:MaxScores", "1000"));
        await server.Api.CreateAsync(Networks.Tiny("pets", Labels));
        await new EvaluationClient(server.Api).UploadAsync("pets", ("cat", 251));

        (await server.Api.PostAsync(EvaluationClient.PathOf("pets"), Body)).Problem(413, "dataset_too_large");
    }

    [Fact]
    public async Task Start_QueueShorterThanAPart_ScoresAllTheSame()
    {
        await using var server = Start(("ModelService:Batching:QueueLimit", "3"));
        await AssertAllScoredAsync(server, 40);
    }

    [Fact]
    public async Task Start_PicturesTooLargeTogether_ScoresAllTheSame()
    {
        // Three pictures of 32 x 32 pixels fit.
        await using var server = Start(
            ("ModelService:Imaging:MaxPixels", "1024"),
            ("ModelService:Imaging:MaxRequestPixels", "3500")
        );
        await AssertAllScoredAsync(server, 40);
    }

    [Fact]
    public async Task Kill_InTheMiddle_RunsItAgainAtTheNextStart()
    {
        string path;
        using (var killed = await ServerProcess.StartAsync(data.Path))
        {
            var client = new EvaluationClient(killed.Api);
            await killed.Api.CreateAsync(Networks.Slow("slow"));
            await client.UploadAsync("pets", ("0", 400));
            path = await client.StartAsync("slow", Body);
            await Eventually.GetAsync(
                async () => (await killed.Api.GetAsync(path)).Ok().GetProperty("done").GetInt32(),
                done => done > 0
            );
            await killed.KillAsync();
        }

        using var next = await ServerProcess.StartAsync(data.Path);
        var ended = await new EvaluationClient(next.Api).WaitAsync(path);

        Assert.Equal(400, ended.GetProperty("result").GetProperty("images").GetInt32());
    }

    private static async Task AssertAllScoredAsync(ApiServer server, int images)
    {
        var client = new EvaluationClient(server.Api);
        await server.Api.CreateAsync(Networks.Tiny("pets", Labels));
        await client.UploadAsync("pets", ("cat", images));

        var (_, result) = await client.RunAsync("pets", Body);

        Assert.Equal(images, result.GetProperty("images").GetInt32());
        Assert.Equal(0, result.GetProperty("unusable_count").GetInt32());
    }

    private async Task<string> RunOnceAsync()
    {
        await using var server = Start();
        var client = new EvaluationClient(server.Api);
        await server.Api.CreateAsync(Networks.Tiny("pets", $"\"seed\":1,{Labels}"));
        await client.UploadAsync("pets", ("cat", 2), ("dog", 2));
        return (await client.RunAsync("pets", Body)).Path;
    }

    private ApiServer Start(params (string Name, string Value)[] settings) =>
        new()
        {
            Settings = settings
                .Append((Name: "ModelService:Storage:Path", Value: data.Path))
                .ToDictionary(item => item.Name, item => item.Value),
        };
}
