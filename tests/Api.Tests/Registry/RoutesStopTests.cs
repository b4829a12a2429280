using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;
using Serilog.Core;

namespace ModelService.Api.Tests.Registry;

/// <summary>Routes stop by themselves, with versions that really fail, are slow, or answer otherwise.</summary>
public sealed class RoutesStopTests : IAsyncDisposable
{
    private const string Model = "watched";

    private readonly TemporaryFolder data = new();
    private readonly LogSink log = new();
    private readonly ApiServer server;

    public RoutesStopTests() => server = Start();

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        data.Dispose();
    }

    [Fact]
    public async Task Stop_VersionThatFails_IsToldLoggedMeasuredAndKept()
    {
        await server.Api.CreateAsync(Networks.Tiny(Model));
        var smaller = Networks.TinyArchitecture.Replace("32", "16", StringComparison.Ordinal);
        (await server.Api.PostAsync($"/v1/models/{Model}/versions", $$"""{"architecture":{{smaller}}}""")).Ok(201);
        await SetAsync("""{"routes":{"1":70,"2":30}}""");

        var (requests, failed) = (0, 0);
        while (!(await CanaryAsync(server)).TryGetProperty("stopped", out _))
        {
            Assert.True(++requests < 1000, "The routes don't stop.");
            failed += (await PredictAsync($"caller-{requests}")).Status == 422 ? 1 : 0;
        }

        for (var caller = 0; caller < 50; caller++)
            (await PredictAsync($"caller-{caller}")).Ok();
        var canary = await CanaryAsync(server);
        var stopped = canary.GetProperty("stopped");
        Assert.Equal((2, "max_error_rate"), (stopped.GetProperty("version").GetInt32(), Condition(stopped)));
        Assert.Equal(1, stopped.GetProperty("measured").GetDouble());
        Assert.Equal(0, stopped.GetProperty("of_stable").GetDouble());
        Assert.Equal(failed, stopped.GetProperty("requests").GetInt32());
        Assert.Equal(requests - failed, stopped.GetProperty("stable_requests").GetInt32());
        Assert.InRange(failed, 5, 40);
        Assert.StartsWith(
            "100 % of the requests of version 2 failed, and 0 % of the stable version's;",
            stopped.GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(
            [100, 0],
            canary.GetProperty("versions").EnumerateArray().Select(item => item.GetProperty("percent_now").GetInt32())
        );
        Assert.Contains(
            log.Events,
            line => line.RenderMessage().Contains("stopped, and version 1 answers all", StringComparison.Ordinal)
        );

        using var http = server.CreateClient();
        var metrics = (await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken)).Split('\n');
        foreach (
            var line in new[]
            {
                "routes_stopped{model=\"watched\"} 1",
                "route_percent{model=\"watched\",version=\"1\"} 100",
                "route_percent{model=\"watched\",version=\"2\"} 0",
                "version_errors_total{model=\"watched\",version=\"1\"} 0",
                $"version_errors_total{{model=\"watched\",version=\"2\"}} {failed}",
                $"version_request_duration_seconds_count{{model=\"watched\",version=\"1\"}} {requests - failed + 50}",
            }
        )
        {
            Assert.Contains($"modelservice_{line}", metrics);
        }

        await server.DisposeAsync();
        await using var again = Start();
        Assert.Equal(stopped.GetRawText(), (await CanaryAsync(again)).GetProperty("stopped").GetRawText());
    }

    [Fact]
    public async Task Stop_VersionThatIsSlow_IsByItsLatency()
    {
        await server.Api.CreateAsync(Networks.Tiny(Model));
        (await server.Api.PostAsync($"/v1/models/{Model}/versions", $$"""{"architecture":{{Slow()}}}""")).Ok(201);
        await SetAsync(
            """{"routes":{"1":50,"2":50},"stop":{"min_requests":20,"max_drift":1,"max_latency_ratio":1.2}}"""
        );

        var stopped = await PredictUntilStoppedAsync();

        Assert.Equal((2, "max_latency_ratio"), (stopped.GetProperty("version").GetInt32(), Condition(stopped)));
        var (measured, stable) = (
            stopped.GetProperty("measured").GetDouble(),
            stopped.GetProperty("of_stable").GetDouble()
        );
        Assert.True(measured > 1.2 * stable && measured > stable + 5, $"{measured} and {stable}");
    }

    [Fact]
    public async Task Stop_VersionThatAnswersOtherwise_IsByItsDrift()
    {
        await server.Api.CreateAsync(Networks.Tiny(Model));
        var other = 2;
        (await server.Api.PostAsync($"/v1/models/{Model}/versions", """{"seed":2}""")).Ok(201);
        while (await BestAsync(other) == await BestAsync(1))
        {
            other++;
            (
                await server.Api.PostAsync(
                    $"/v1/models/{Model}/versions",
                    $$"""{"seed":{{other}},"architecture":{{Named(other)}}}"""
                )
            ).Ok(201);
        }

        await SetAsync(
            $$$"""{"routes":{"1":50,"{{{other}}}":50},"stop":{"min_requests":20,"max_latency_ratio":1000}}"""
        );

        var stopped = await PredictUntilStoppedAsync();

        Assert.Equal((other, "max_drift"), (stopped.GetProperty("version").GetInt32(), Condition(stopped)));
        Assert.InRange(stopped.GetProperty("measured").GetDouble(), 0.25, 1);
        Assert.False(stopped.TryGetProperty("of_stable", out _));
    }

    [Fact]
    public async Task Stop_PhotosThatCantBeRead_AreNoVersionsFault()
    {
        await server.Api.CreateAsync(Networks.Tiny(Model));
        (await server.Api.PostAsync($"/v1/models/{Model}/versions", "{}")).Ok(201);
        await SetAsync("""{"routes":{"1":50,"2":50},"stop":{"min_requests":5}}""");

        var noPhoto = Bodies.Images("no photo"u8.ToArray());
        for (var caller = 0; caller < 60; caller++)
            (await PredictAsync($"caller-{caller}", noPhoto)).Problem(422, "image_undecodable");

        var canary = await CanaryAsync(server);
        Assert.False(canary.TryGetProperty("stopped", out _));
        Assert.All(
            canary.GetProperty("versions").EnumerateArray(),
            version => Assert.Equal(0, version.GetProperty("errors").GetInt32())
        );
    }

    [Fact]
    public async Task Stop_RoutesThatAreSetAgain_BeginAnew()
    {
        await server.Api.CreateAsync(Networks.Tiny(Model));
        var smaller = Networks.TinyArchitecture.Replace("32", "16", StringComparison.Ordinal);
        (await server.Api.PostAsync($"/v1/models/{Model}/versions", $$"""{"architecture":{{smaller}}}""")).Ok(201);
        const string Routes = """{"routes":{"1":50,"2":50}}""";
        await SetAsync(Routes);
        await PredictUntilStoppedAsync();

        var again = await SetAsync(Routes);

        var canary = again.GetProperty("canary");
        Assert.False(canary.TryGetProperty("stopped", out _));
        Assert.All(
            canary.GetProperty("versions").EnumerateArray(),
            version => Assert.Equal(0, version.GetProperty("requests").GetInt32())
        );
        Assert.Equal("max_error_rate", Condition(await PredictUntilStoppedAsync()));
        var rolledBack = await SetAsync("""{"routes":null}""");
        Assert.False(rolledBack.TryGetProperty("canary", out _));
        Assert.Equal(1, rolledBack.GetProperty("serving").GetProperty("version").GetInt32());
    }

    // 4 GFLOP: on any processor slower by more than the 5 ms that are never counted as slow.
    private static string Slow()
    {
        const string Convolution = """{"type":"conv2d","out_channels":64,"kernel_size":7,"padding":3},""";
        return $$"""
            {"input":{"channels":3,"height":32,"width":32},
              "layers":[{{string.Concat(Enumerable.Repeat(Convolution, 11))}}
              {"type":"flatten"},{"type":"linear","out_features":4}]}
            """;
    }

    // A layer of another name takes nothing from the version before.
    private static string Named(int version) =>
        Networks.TinyArchitecture.Replace(
            "\"out_features\":4",
            $"\"out_features\":4,\"name\":\"n{version}\"",
            StringComparison.Ordinal
        );

    private static string? Condition(JsonElement stopped) => stopped.GetProperty("condition").GetString();

    private static async Task<JsonElement> CanaryAsync(ApiServer one) =>
        (await one.Api.GetAsync($"/v1/models/{Model}")).Ok().GetProperty("canary");

    private ApiServer Start() =>
        new()
        {
            Settings = new()
            {
                ["ModelService:Storage:Path"] = data.Path,
                ["Serilog:MinimumLevel:Default"] = "Warning",
            },
            Configure = services => services.AddSingleton<ILogEventSink>(log),
        };

    private async Task<JsonElement> SetAsync(string change) =>
        (await server.Api.SendAsync(HttpMethod.Patch, $"/v1/models/{Model}", Bodies.Json(change))).Ok();

    private Task<Answer> PredictAsync(string client, string? body = null) =>
        server.Connect(("X-Client", client)).PredictAsync(Model, body ?? Networks.InputJson());

    private async Task<int> BestAsync(int version) =>
        (await server.Api.PredictAsync($"{Model}/versions/{version}", Networks.InputJson()))
            .Prediction()
            .GetProperty("top")[0]
            .GetProperty("class_index")
            .GetInt32();

    private async Task<JsonElement> PredictUntilStoppedAsync()
    {
        for (var caller = 0; caller < 1000; caller++)
        {
            await PredictAsync($"caller-{caller}");
            if ((await CanaryAsync(server)).TryGetProperty("stopped", out var stopped))
                return stopped;
        }

        throw new InvalidOperationException("The routes don't stop.");
    }
}
