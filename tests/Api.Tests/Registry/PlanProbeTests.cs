using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;
using ModelService.Models.Execution;

namespace ModelService.Api.Tests.Registry;

/// <summary>Networks are tried in a child process: a crash there does not reach the server.</summary>
public sealed class PlanProbeTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ModelService.Api.dll");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Create_TriedForTheFirstTime_ServesByItsPlanAndIsTriedOnce()
    {
        var tries = Path.Combine(folder.Path, "tries");
        await using var server = Server($"echo >> {tries}; exec dotnet '{Program}' --trial");

        var first = await server.Api.CreateAsync(Networks.Tiny("tried"));
        var second = await server.Api.CreateAsync(Networks.Tiny("again"));
        await server.Api.CreateAsync(Networks.Lesson("another"));

        Assert.Equal(
            ("plan", "plan"),
            (first.GetProperty("route").GetString(), second.GetProperty("route").GetString())
        );
        Assert.Equal(2, (await File.ReadAllLinesAsync(tries, TestContext.Current.CancellationToken)).Length);
    }

    [Fact]
    public async Task Create_ResNet50_PassesItsTrial()
    {
        await using var server = Server($"exec dotnet '{Program}' --trial");

        var model = await server.Api.CreateAsync("""{"name":"large","base":"resnet50","seed":1}""");

        Assert.Equal("plan", model.GetProperty("route").GetString());
    }

    [Fact]
    public async Task Create_PrecisionThatTheDeviceDoesNotHave_IsRefusedAsWithoutATrial()
    {
        await using var server = Server($"exec dotnet '{Program}' --trial");

        var answer = await server.Api.PostAsync(
            "/v1/models",
            Networks.Tiny("half", "\"precision\":\"float16\",\"device\":\"cpu\"")
        );

        Assert.Equal(
            "/precision",
            Assert
                .Single(answer.Problem(422, "definition_invalid").GetProperty("errors").EnumerateArray())
                .GetProperty("pointer")
                .GetString()
        );
    }

    [Fact]
    public async Task Create_BFloat16WithoutAProbe_IsRefused()
    {
        await using var server = new ApiServer { Settings = { ["ModelService:Compute:Trial"] = "false" } };

        var answer = await server.Api.PostAsync(
            "/v1/models",
            Networks.Tiny("unproved", "\"precision\":\"bfloat16\",\"device\":\"cpu\"")
        );

        Assert.Contains(
            "ModelService:Compute:Trial",
            answer.Problem(422, "plan_rejected").GetProperty("detail").GetString()
        );
        await server.Api.CreateAsync(Networks.Tiny("proved"));
    }

    [Fact]
    public async Task Create_ProcessThatNeverReadsItsLongTask_IsOverInTime()
    {
        await using var server = Server("exec sleep 600");
        var layers = string.Join(",", Enumerable.Repeat("""{"type":"relu"}""", 4_500));

        var answer = await server.Api.PostAsync(
            "/v1/models",
            Networks.Model("long", $$"""{"input":{"shape":[4]},"layers":[{{layers}}]}""")
        );

        Assert.Contains(
            "did not finish within 1 seconds",
            answer.Problem(422, "plan_rejected").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Create_PlanThatEndsItsProcess_ServesByItsModuleAndSaysWhy()
    {
        await using var server = Server(
            """if head -n 1 | grep -q '"by_plan":true'; then echo computing a batch of 4; kill -SEGV $$; fi"""
        );

        var model = await server.Api.CreateAsync(Networks.Tiny("fragile"));

        Assert.Equal("module", model.GetProperty("route").GetString());
        Assert.Contains(
            "SIGSEGV) while computing a batch of 4",
            model.GetProperty("route_reason").GetString(),
            StringComparison.Ordinal
        );
        (await server.Api.PredictAsync("fragile", Networks.InputJson())).Ok();
    }

    [Fact]
    public async Task Create_ProbeWithoutMemory_IsRefusedForNowAndProbedAgain()
    {
        var full = Path.Combine(folder.Path, "full");
        await File.WriteAllTextAsync(full, "", TestContext.Current.CancellationToken);
        await using var server = Server($"head -n 1 > /dev/null; if [ -e {full} ]; then exit 12; fi");

        var refused = await server.Api.PostAsync("/v1/models", Networks.Tiny("patient"));
        File.Delete(full);
        var model = await server.Api.CreateAsync(Networks.Tiny("patient"));

        refused.Problem(503, "out_of_memory");
        Assert.Equal("plan", model.GetProperty("route").GetString());
    }

    [Theory]
    [InlineData("kill -FPE $$", "SIGFPE", null)]
    [InlineData("exit 3", "exit code 3", null)]
    [InlineData("exit 0", "exit code 0", null)]
    [InlineData("exec sleep 600", "did not finish within 1 seconds", "600")]
    [InlineData("exec tail -n 1 /dev/zero", "bytes of memory", "600")]
    [InlineData("kill -KILL $$", "SIGKILL", "600")]
    public async Task Create_ProcessThatDoesNotComeToItsEnd_IsRejectedAndTheServerLives(
        string script,
        string what,
        string? retryAfter
    )
    {
        await using var server = Server($"head -n 1 > /dev/null; {script}");

        var answer = await server.Api.PostAsync("/v1/models", Networks.Tiny("deadly"));

        Assert.Contains(
            what,
            answer.Problem(422, "plan_rejected").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(retryAfter, answer.RetryAfter);
        (await server.Api.GetAsync("/v1/models/deadly")).Problem(404, "model_not_found");
        Assert.Equal("live", (await server.Api.GetAsync("/health/ready")).Status == 200 ? "live" : "dead");
    }

    [Fact]
    public async Task Create_NetworkThatTimedOut_IsRefusedAtOnceWhenItIsAskedForAgain()
    {
        var tries = Path.Combine(folder.Path, "tries");
        await using var server = Server($"echo >> {tries}; exec sleep 600");
        var waiting = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(index => server.Api.PostAsync("/v1/models", Networks.Tiny($"slow-{index}")))
        );

        var before = await File.ReadAllLinesAsync(tries, TestContext.Current.CancellationToken);
        var again = await server.Api.PostAsync("/v1/models", Networks.Tiny("again"));

        // Of those that wait, no more are tried than the lane is wide.
        Assert.All(waiting, answer => answer.Problem(422, "plan_rejected"));
        Assert.InRange(before.Length, 2, 8);
        Assert.Contains(
            "It is tried again in ",
            again.Problem(422, "plan_rejected").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        Assert.InRange(int.Parse(again.RetryAfter!, System.Globalization.CultureInfo.InvariantCulture), 1, 600);
        Assert.Equal(before, await File.ReadAllLinesAsync(tries, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Create_ServerThatIsKilled_EndsItsProbe()
    {
        // It computes for a minute or more.
        const string Layer = """{"type":"conv2d","out_channels":256,"kernel_size":3,"padding":1}""";
        using var server = await ServerProcess.StartAsync(folder.Path);
        var creating = server.Api.PostAsync(
            "/v1/models",
            Networks.Model(
                "large",
                $$"""
                {"input":{"channels":256,"height":128,"width":128},"layers":[{{Layer}},{{Layer}},{{Layer}},
                  {"type":"adaptive_avg_pool2d","output_size":1},{"type":"flatten"},{"type":"linear","out_features":2}]}
                """
            )
        );
        var probe = await Eventually.GetAsync(() => ChildOf(server.Id), child => child is not null);

        await server.KillAsync();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => creating);
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        soon.CancelAfter(TimeSpan.FromSeconds(10));
        while (Directory.Exists($"/proc/{probe}"))
            await Task.Delay(10, soon.Token);
    }

    // The process that a server has started as a probe; null when there is none.
    private static int? ChildOf(int parent) =>
        Directory
            .EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0)
            .Where(id => id > 0 && ParentOf(id) == parent)
            .Cast<int?>()
            .FirstOrDefault();

    // Source: proc(5). The name of the program, in parentheses, may have spaces.
    private static int? ParentOf(int process)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{process}/stat");
            var fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
            return int.Parse(fields[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended meanwhile
        }
    }

    [Fact]
    public async Task AddVersion_ProcessThatDoesNotComeToItsEnd_FailsAndTheOldOneServes()
    {
        // Deadly is what has six classes.
        await using var server = Server("""if head -n 1 | grep -q '"out_features":6'; then kill -SEGV $$; fi""");
        string Classes(int count) =>
            $$"""
                {"input":{"channels":3,"height":32,"width":32},
                  "layers":[{"type":"flatten"},{"type":"linear","out_features":{{count}}}]}
                """;
        await server.Api.CreateAsync(Networks.Model("steady", Classes(5)));

        var refused = await server.Api.PostAsync("/v1/models/steady/versions", $$"""{"architecture":{{Classes(6)}}}""");

        Assert.Contains(
            "SIGSEGV",
            refused.Problem(422, "plan_rejected").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(
            1,
            (await server.Api.PredictAsync("steady", Networks.InputJson())).Ok().GetProperty("version").GetInt32()
        );
        (await server.Api.GetAsync("/v1/models/steady/versions/2")).Problem(404, "version_not_found");
    }

    [Fact]
    public async Task Create_ProbeThatHangs_HoldsUpNoOtherModelAndEndsWithItsClient()
    {
        // What has six classes hangs, in a shell that writes its process id first.
        var ids = Path.Combine(folder.Path, "ids");
        await using var server = Server(
            $"if head -n 1 | grep -q '\"out_features\":6'; then echo $$ >> {ids}; exec tail -f /dev/null; fi"
        );
        await server.Api.CreateAsync(Networks.Tiny("other"));
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var client = server.CreateClient();
        var hanging = client.PostAsync(
            new Uri("/v1/models", UriKind.Relative),
            Bodies.Json(
                Networks.Model("hangs", """{"input":{"shape":[4]},"layers":[{"type":"linear","out_features":6}]}""")
            ),
            leaving.Token
        );
        await Eventually.GetAsync(() => File.Exists(ids), exists => exists);

        // An evicted version is loaded, a file is checked, another model is created: all beside the probe.
        (await server.Api.PostAsync("/v1/models/other/versions/1/unload", "")).Ok();
        (await server.Api.PostAsync("/v1/models/other/versions/1/load", "")).Ok();
        await server.Api.CreateAsync(Networks.Tiny("second"));
        Assert.False(hanging.IsCompleted);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging);

        var id = int.Parse(
            await File.ReadAllTextAsync(ids, TestContext.Current.CancellationToken),
            System.Globalization.CultureInfo.InvariantCulture
        );
        await Eventually.GetAsync(() => Directory.Exists($"/proc/{id}"), isRunning => !isRunning);
        await Eventually.GetAsync(() => server.Api.GetAsync("/v1/models/hangs"), answer => answer.Status == 404);
    }

    [Fact]
    public async Task Create_FastestPrecision_IsTimedOnceForAnArchitecture()
    {
        await using var server = Server($"exec dotnet '{Program}' --trial");
        string Definition(int seed) =>
            $$"""{ "name": "seed{{seed}}", "base": "squeezenet1_1", "seed": {{seed}}, "precision": "fastest" }""";

        var first = (await server.Api.CreateAsync(Definition(1))).GetProperty("chosen");
        var second = (await server.Api.CreateAsync(Definition(2))).GetProperty("chosen");

        // Where the processor has no other precision there are no times. Two timings never give the same numbers.
        Assert.Equal(first.GetRawText(), second.GetRawText());
    }

    // A probe that gets to the end of its script has passed.
    private static ApiServer Server(string script) =>
        new()
        {
            Settings = new()
            {
                ["ModelService:Compute:TrialTimeout"] = script.Contains("sleep", StringComparison.Ordinal)
                    ? "00:00:01"
                    : "00:02:00",
            },
            Configure = services => services.AddSingleton(new ProbeCommand("/bin/sh", "-c", $"{script}\necho '{{}}'")),
        };
}
