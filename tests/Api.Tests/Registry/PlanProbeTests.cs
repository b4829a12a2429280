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
            answer.Problem(503, "plan_rejected").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Create_PlanThatEndsItsProcess_ServesByItsModuleAndSaysWhy()
    {
        await using var server = Server(
            """if grep -q '"by_plan":true'; then echo computing a batch of 4; kill -SEGV $$; fi"""
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

    [Theory]
    [InlineData("kill -FPE $$", "SIGFPE")]
    [InlineData("exit 3", "exit code 3")]
    [InlineData("exec sleep 600", "did not finish within 1 seconds")]
    [InlineData("exec tail -n 1 /dev/zero", "bytes of memory")]
    public async Task Create_ProcessThatDoesNotComeToItsEnd_IsRejectedAndTheServerLives(string script, string what)
    {
        await using var server = Server($"cat > /dev/null; {script}");

        var detail = (await server.Api.PostAsync("/v1/models", Networks.Tiny("deadly")))
            .Problem(503, "plan_rejected")
            .GetProperty("detail")
            .GetString();

        Assert.Contains(what, detail, StringComparison.Ordinal);
        (await server.Api.GetAsync("/v1/models/deadly")).Problem(404, "model_not_found");
        Assert.Equal("live", (await server.Api.GetAsync("/health/ready")).Status == 200 ? "live" : "dead");
    }

    [Fact]
    public async Task AddVersion_ProcessThatDoesNotComeToItsEnd_FailsAndTheOldOneServes()
    {
        // Deadly is what has six classes.
        await using var server = Server("""if grep -q '"out_features":6'; then kill -SEGV $$; fi""");
        string Classes(int count) =>
            $$"""
                {"input":{"channels":3,"height":32,"width":32},
                  "layers":[{"type":"flatten"},{"type":"linear","out_features":{{count}}}]}
                """;
        await server.Api.CreateAsync(Networks.Model("steady", Classes(5)));

        var refused = await server.Api.PostAsync("/v1/models/steady/versions", $$"""{"architecture":{{Classes(6)}}}""");

        refused.Problem(503, "plan_rejected");
        Assert.Equal(
            1,
            (await server.Api.PredictAsync("steady", Networks.InputJson())).Ok().GetProperty("version").GetInt32()
        );
        var version = (await server.Api.GetAsync("/v1/models/steady/versions/2")).Ok();
        Assert.Equal("failed", version.GetProperty("state").GetString());
        Assert.Contains("SIGSEGV", version.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_ProbeThatHangs_HoldsUpNoOtherModelAndEndsWithItsClient()
    {
        // What has six classes hangs, in a shell that writes its process id first.
        var ids = Path.Combine(folder.Path, "ids");
        await using var server = Server(
            $"if grep -q '\"out_features\":6'; then echo $$ >> {ids}; exec tail -f /dev/null; fi"
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

    private static ApiServer Server(string script) =>
        new()
        {
            Settings = new()
            {
                ["ModelService:Compute:TrialTimeout"] = script.Contains("sleep", StringComparison.Ordinal)
                    ? "00:00:01"
                    : "00:02:00",
            },
            Configure = services => services.AddSingleton(new ProbeCommand("/bin/sh", "-c", script)),
        };
}
