using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;
using ModelService.Protocol;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace ModelService.Api.Tests.Logging;

public sealed class RequestLogTests
{
    private static readonly byte[] Photo = Fixtures.Bytes("photos", "coffee_palette4.png");

    [Fact]
    public async Task Log_Prediction_IsOneLineThatSaysWhatWasDone()
    {
        var log = new LogSink();
        await using var server = Server(log);
        await server.Api.CreateAsync(Networks.Tiny("logged"));
        await log.NextRequestAsync();

        (await server.Api.PredictAsync("logged", Bodies.Images(Photo, Photo))).Ok();
        var line = await log.NextRequestAsync();

        Assert.Equal(LogEventLevel.Information, line.Level);
        Assert.Equal("/v1/models/logged/predict", Value(line, "RequestPath"));
        Assert.Equal("POST", Value(line, "RequestMethod"));
        Assert.Equal(200, Value(line, "StatusCode"));
        Assert.Equal("logged", Value(line, "Model"));
        Assert.Equal(1, Value(line, "Version"));
        Assert.Equal(2, Value(line, "Count"));
        var timing = Assert.IsType<StructureValue>(line.Properties["Timing"]);
        Assert.Empty(
            new[] { "Decode", "Queue", "Inference", "BatchSize" }.Except(
                timing.Properties.Select(property => property.Name)
            )
        );
    }

    [Fact]
    public async Task Log_RefusedPrediction_SaysWhichModelWasOverloaded()
    {
        var log = new LogSink();
        await using var server = Server(log);
        server.Settings["ModelService:Batching:QueueLimit"] = "1";
        await server.Api.CreateAsync(Networks.Tiny("crowded"));
        await log.NextRequestAsync();

        (await server.Api.PredictAsync("crowded", Bodies.Images(Photo, Photo))).Problem(429, "overloaded");
        var line = await log.NextRequestAsync();

        Assert.Equal(LogEventLevel.Information, line.Level);
        Assert.Equal(
            (429, "overloaded", "crowded", 1, 2),
            (
                Value(line, "StatusCode"),
                Value(line, "Code"),
                Value(line, "Model"),
                Value(line, "Version"),
                Value(line, "Count")
            )
        );
        Assert.False(line.Properties.ContainsKey("Timing"));
    }

    [Fact]
    public async Task Log_AnyRequest_IsOneLineWithoutItsBody()
    {
        var log = new LogSink();
        await using var server = Server(log);
        await server.Api.CreateAsync(Networks.Tiny("logged"));
        (await server.Api.PredictAsync("logged", Bodies.Images(Photo))).Ok();
        (await server.Api.PredictAsync("logged", Bodies.Raw(Photo, "image/png"))).Ok();
        (await server.Api.PredictAsync("logged", Bodies.Raw("nothing"u8.ToArray(), "image/png"))).Problem(
            422,
            "image_undecodable"
        );
        (await server.Api.PredictAsync("logged", "{")).Problem(400, "malformed_request");
        (await server.Api.GetAsync("/v1/nothing")).Problem(404, "not_found");

        var lines = new List<LogEvent>();
        for (var request = 0; request < 6; request++)
            lines.Add(await log.NextRequestAsync());

        // Whatever speaks of a request has its path. Of its work, the registry tells that there is a new model, and the
        // audit who made it.
        string[] work = ["Version ", "Audit: "];
        Assert.Equal(
            6,
            log.Events.Count(line =>
                line.Properties.ContainsKey("RequestPath")
                && !work.Any(begin => line.MessageTemplate.Text.StartsWith(begin, StringComparison.Ordinal))
            )
        );
        Assert.Equal([200, 200, 201, 400, 404, 422], lines.Select(line => Value(line, "StatusCode")).Order());
        Assert.Equal(
            ["image_undecodable", "malformed_request", "not_found"],
            lines.Where(line => line.Properties.ContainsKey("Code")).Select(line => Value(line, "Code")).Order()
        );
        Assert.All(lines, line => Assert.Equal(LogEventLevel.Information, line.Level));
        var text = string.Join('\n', log.Events.Select(Text));
        Assert.DoesNotContain(Convert.ToBase64String(Photo)[..24], text, StringComparison.Ordinal);
        Assert.DoesNotContain("PNG", text, StringComparison.Ordinal);
        Assert.All(log.Events, line => Assert.True(Text(line).Length < 2000, Text(line)));
    }

    [Fact]
    public async Task Log_ChangeWithoutAKeyOrAModel_SaysSoInWords()
    {
        var log = new LogSink();
        await using var server = Server(log);

        (await server.Api.DeleteAsync("/v1/datasets/none")).Problem(404, "dataset_not_found");
        (await server.Api.DeleteAsync("/v1/models/pets")).Problem(404, "model_not_found");

        // The test's server has no connection, and so no address.
        const string Begin = "Audit: anonymous at an unknown address sent DELETE";
        Assert.Equal(
            [
                $"{Begin} /v1/datasets/none (model: none), answered 404",
                $"{Begin} /v1/models/pets (model: pets), answered 404",
            ],
            Audited(log)
        );
    }

    [Fact]
    public async Task Log_CallsAndRequests_AreInTheAuditIfTheyWereLookedAt()
    {
        var log = new LogSink();
        await using var server = new ApiServer
        {
            Settings = new(Keys.Settings)
            {
                ["Serilog:MinimumLevel:Default"] = "Information",
                ["ModelService:Limits:MaxDefinitionBytes"] = "4000000",
                ["ModelService:Limits:MaxBodyMemory"] = "1048576",
            },
            Configure = services => services.AddSingleton<ILogEventSink>(log),
        };
        using var stranger = new Calls(server);
        using var manager = new Calls(server, "manage");

        await Calls.FailsAsync(StatusCode.Unauthenticated, UnloadAsync(stranger));
        await Calls.FailsAsync(StatusCode.NotFound, UnloadAsync(manager));
        (await server.Api.DeleteAsync("/v1/models/none")).Problem(401, "unauthenticated");
        (await server.With("manage").PostAsync("/v1/models", $"[{new string(' ', 2_000_000)}]")).Problem(
            429,
            "overloaded"
        );

        for (var request = 0; request < 4; request++)
            await log.NextRequestAsync();

        const string Begin = "Audit: manage key at an unknown address sent POST";
        Assert.Equal(
            [
                $"{Begin} /inference.GRPCInferenceService/RepositoryModelUnload (model: none), answered 404",
                $"{Begin} /v1/models (model: none), answered 429",
            ],
            Audited(log)
        );

        static Task UnloadAsync(Calls calls) =>
            calls.CallAsync<RepositoryModelUnloadRequest, RepositoryModelUnloadResponse>(
                "RepositoryModelUnload",
                new() { ModelName = "none" }
            );
    }

    [Fact]
    public async Task Log_ModelThatIsNotReadyYet_IsNoError()
    {
        var (log, held) = (new LogSink(), new HeldStore());
        await using var server = Server(log, held);
        var creation = server.Api.PostAsync("/v1/models", Networks.Tiny("slow"));
        await held.Asked;

        (await server.Api.GetAsync("/v1/models/slow")).Problem(503, "model_not_ready");
        var line = await log.NextRequestAsync();
        held.GoOn();
        (await creation).Ok(201);

        Assert.Equal(503, Value(line, "StatusCode"));
        Assert.Equal(LogEventLevel.Warning, line.Level);
    }

    [Fact]
    public async Task Log_TwoServers_EachWritesItsOwn()
    {
        var (firstLog, secondLog) = (new LogSink(), new LogSink());
        await using var first = Server(firstLog);
        (await first.Api.GetAsync("/v1/models")).Ok();
        await using var second = Server(secondLog);
        (await second.Api.GetAsync("/v1/models")).Ok();

        (await first.Api.GetAsync("/v1/layers")).Ok();

        Assert.Equal("/v1/models", Value(await firstLog.NextRequestAsync(), "RequestPath"));
        Assert.Equal("/v1/layers", Value(await firstLog.NextRequestAsync(), "RequestPath"));
        Assert.Equal("/v1/models", Value(await secondLog.NextRequestAsync(), "RequestPath"));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("text")]
    public async Task Log_Format_IsJsonWithTheTraceOrText(string format)
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        using var data = new TemporaryFolder();
        using var server = await ServerProcess.StartAsync(data.Path, $"--ModelService:Logging:Format={format}");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models")
        {
            Headers = { { "traceparent", $"00-{Trace}-b7ad6b7169203331-01" } },
        };
        await server.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        await server.Http.GetAsync("/metrics", TestContext.Current.CancellationToken);
        await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        var line = await Eventually.GetAsync(
            () => server.Output.FirstOrDefault(written => written.Contains("GET", StringComparison.Ordinal)),
            line => line is not null
        );
        Assert.NotNull(line);

        // The first line about a request: those of probes are left out.
        if (format == "text")
        {
            Assert.Matches("""^\d\d:\d\d:\d\d INF HTTP GET /v1/models responded 200""", line);
        }
        else
        {
            var json = JsonElement.Parse(line);
            Assert.Equal(
                (Trace, "/v1/models", 200),
                (
                    json.GetProperty("@tr").GetString(),
                    json.GetProperty("RequestPath").GetString(),
                    json.GetProperty("StatusCode").GetInt32()
                )
            );
            Assert.Equal(16, json.GetProperty("@sp").GetString()!.Length);
        }
    }

    [Fact]
    public async Task Log_ControlCharactersInAPath_AreEscapedInText()
    {
        (string Sent, string Logged)[] names =
        [
            ("%0A12:00:00%20INF%20forged", @"\n12:00:00 INF forged"),
            ("%0D%0Aforged", @"\r\nforged"),
            ("%1B%5B2Jgone%07", @"\u001B[2Jgone\u0007"),
            ("%C2%9B2J", @"\u009B2J"),
            ("%E2%80%A8line", @"\u2028line"),
            ("%E2%80%AEtxt", @"\u202Etxt"),
            ("%E5%9B%BE", "\u56FE"),
        ];
        using var data = new TemporaryFolder();
        using var server = await ServerProcess.StartAsync(data.Path, "--ModelService:Logging:Format=text");

        foreach (var (name, _) in names)
            await server.Http.GetAsync($"/v1/models/{name}", TestContext.Current.CancellationToken);

        var lines = await Eventually.GetAsync(
            () => server.Output.Where(line => line.Contains(" responded ", StringComparison.Ordinal)).ToList(),
            lines => lines.Count == names.Length
        );
        Assert.All(
            names.Zip(lines),
            item =>
                Assert.Matches(
                    @"^\d\d:\d\d:\d\d INF HTTP GET /v1/models/"
                        + Regex.Escape(item.First.Logged)
                        + @" responded 404 in [^\p{C}]*$",
                    item.Second
                )
        );
    }

    private static ApiServer Server(LogSink log, HeldStore? held = null) =>
        new()
        {
            Settings = new() { ["Serilog:MinimumLevel:Default"] = "Information" },
            Configure = services =>
            {
                services.AddSingleton<ILogEventSink>(log);
                held?.Configure(services);
            },
        };

    private static IEnumerable<string> Audited(LogSink log) =>
        log
            .Events.Select(line => line.RenderMessage().Replace("\"", "", StringComparison.Ordinal))
            .Where(line => line.StartsWith("Audit: ", StringComparison.Ordinal));

    private static object? Value(LogEvent line, string property) =>
        Assert.IsType<ScalarValue>(line.Properties[property]).Value;

    private static string Text(LogEvent line)
    {
        using var writer = new StringWriter();
        new JsonFormatter(renderMessage: true).Format(line, writer);
        return writer.ToString();
    }
}
