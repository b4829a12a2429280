using System.IO.Compression;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Telemetry;

/// <summary>/metrics of a server in a process of its own: servers that share one would count together.</summary>
public sealed class MetricsTests : IDisposable
{
    private static readonly string Good = Bodies.Tensors(Networks.Shape, Networks.Input()),
        Mixed = Bodies.Images(Bodies.RandomBmp(1), "no photo"u8.ToArray(), Bodies.RandomBmp(2));

    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Metrics_AfterEveryKindOfPrediction_AreThoseOfTheirPage()
    {
        using var server = await StartAsync("--ModelService:Limits:RequestsPerMinute=1000");
        await server.Api.CreateAsync(Networks.Tiny("counted"));
        var routes = Bodies.Json("""{"routes":{"1":100}}""");
        (await server.Api.SendAsync(HttpMethod.Patch, "/v1/models/counted", routes)).Ok();
        (await server.Api.PredictAsync("counted", Mixed)).Ok();

        var scrape = await Scrape.GetAsync(server.Http);

        Assert.Contains(
            scrape.Types.Keys,
            name => name.StartsWith("aspnetcore_rate_limiting_", StringComparison.Ordinal)
        );
        Assert.NotEmpty(MetricsPage.Rows);
        Assert.All(
            scrape.Types,
            metric =>
                Assert.True(
                    MetricsPage.Rows.TryGetValue(metric.Key, out var row) && row.Type == metric.Value,
                    $"docs/metrics.md does not list {metric.Key} as a {metric.Value}."
                )
        );
        Assert.Empty(
            MetricsPage.Rows.Values.Where(row => !row.IsRare).Select(row => row.Name).Except(scrape.Types.Keys)
        );
        Assert.All(
            MetricsPage.Rows.Values.Where(row => row is { IsOurs: true, IsRare: false }),
            row => Assert.Equal(row.Labels.Order(), scrape.Labels(row.Name).Order())
        );
    }

    [Fact]
    public async Task Metrics_Predictions_AreCountedByModelStageAndReason()
    {
        using var server = await StartAsync("--ModelService:Batching:QueueLimit=3");
        await server.Api.CreateAsync(Networks.Tiny("counted"));
        await server.Api.CreateAsync(Networks.Tiny("other"));
        (await server.Api.PredictAsync("counted", Good)).Ok();
        (await server.Api.PredictAsync("counted", Mixed)).Ok();
        (
            await server.Api.PredictAsync(
                "counted",
                Bodies.Tensors(Networks.Shape, Networks.Input(), Networks.Input(), Networks.Input(), Networks.Input())
            )
        ).Problem(429, "overloaded");

        var scrape = await Scrape.GetAsync(server.Http);

        var model = ("model", "counted");
        Assert.Equal(3, scrape.Value("modelservice_inputs_total", model));
        Assert.Equal(1, scrape.Value("modelservice_rejections_total", model, ("reason", "image_undecodable")));
        Assert.Equal(4, scrape.Value("modelservice_rejections_total", model, ("reason", "overloaded")));
        Assert.Equal(3, scrape.Value("modelservice_batch_size_sum", model));
        Assert.Equal(2, scrape.Value("modelservice_batch_size_count", model));

        // What was refused for want of room was not decoded.
        Assert.Equal(2, scrape.Value("modelservice_stage_duration_seconds_count", model, ("stage", "decode")));
        Assert.Equal(2, scrape.Value("modelservice_stage_duration_seconds_count", model, ("stage", "queue")));
        Assert.Equal(2, scrape.Value("modelservice_stage_duration_seconds_count", model, ("stage", "inference")));
        Assert.InRange(
            scrape.Value("modelservice_stage_duration_seconds_sum", model, ("stage", "inference"))!.Value,
            double.Epsilon,
            60
        );
        Assert.Equal(
            (0, 0),
            (scrape.Value("modelservice_predictions_active", model), scrape.Value("modelservice_queue_length", model))
        );
        Assert.Null(scrape.Value("modelservice_inputs_total", ("model", "other")));
        Assert.Equal(
            2,
            scrape.Value(
                "http_server_request_duration_seconds_count",
                ("http_route", "v1/models/{name}/predict"),
                ("http_response_status_code", "200")
            )
        );
        Assert.Equal(
            1,
            scrape.Value(
                "http_server_request_duration_seconds_count",
                ("code", "overloaded"),
                ("http_response_status_code", "429")
            )
        );
    }

    [Fact]
    public async Task Metrics_Versions_AreCountedAsLongAsTheyAreThere()
    {
        // A network with a program: gelu is not computed by the managed executor.
        const string Network = """
            {"input":{"channels":3,"height":32,"width":32},
              "layers":[{"type":"flatten"},{"type":"gelu"},{"type":"linear","out_features":4}]}
            """;
        using var server = await StartAsync();
        var created = await server.Api.CreateAsync(Networks.Model("counted", Network));
        var bytes = new[] { "plan_bytes", "workspace_bytes" }.Sum(part => created.GetProperty(part).GetDouble());
        (await server.Api.PostAsync("/v1/models/counted/versions", """{"seed":2}""")).Ok(201);
        (await server.Api.PostAsync("/v1/models/counted/versions/1/unload", "")).Ok();
        var model = ("model", "counted");

        var before = await Scrape.GetAsync(server.Http);
        await server.Api.RemoveAsync("counted");
        var after = await Scrape.GetAsync(server.Http);

        Assert.Equal(
            (1, 1),
            (
                before.Value("modelservice_model_versions", model, ("state", "ready")),
                before.Value("modelservice_model_versions", model, ("state", "unloaded"))
            )
        );
        Assert.Equal(bytes, before.Value("modelservice_model_memory_bytes", model, ("device", "cpu")));
        var used = before.Value("modelservice_memory_used_bytes", ("device", "cpu"))!.Value;
        Assert.InRange(used, bytes + 1, before.Value("modelservice_memory_limit_bytes", ("device", "cpu"))!.Value);
        Assert.Null(after.Value("modelservice_model_versions", model));
        Assert.Null(after.Value("modelservice_model_memory_bytes", model));

        // Before, one version's program waits; after, the other one's as well.
        Assert.Equal(2 * (used - bytes), after.Value("modelservice_memory_used_bytes", ("device", "cpu")));
    }

    [Fact]
    public async Task Metrics_ModelDeletedAndCreatedAgain_StartAtZero()
    {
        using var server = await StartAsync();
        await server.Api.CreateAsync(Networks.Tiny("again"));
        (await server.Api.PredictAsync("again", Mixed)).Ok();
        await server.Api.RemoveAsync("again");

        var deleted = await Scrape.GetAsync(server.Http);
        await server.Api.CreateAsync(Networks.Tiny("again"));
        (await server.Api.PredictAsync("again", Good)).Ok();
        var again = await Scrape.GetAsync(server.Http);

        Assert.DoesNotContain(deleted.Samples, sample => sample.Labels.Values.Contains("again"));
        var model = ("model", "again");
        Assert.Equal(1, again.Value("modelservice_inputs_total", model));
        Assert.Equal(1, again.Value("modelservice_batch_size_count", model));
        Assert.Null(again.Value("modelservice_rejections_total", model));
    }

    [Theory]
    [InlineData("gzip", null)]
    [InlineData("identity", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")]
    public async Task Metrics_EncodingsAndFormatsOfPrometheus_AreWhole(string encoding, string? accept)
    {
        using var server = await StartAsync();
        await server.Api.CreateAsync(Networks.Tiny("counted"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.AcceptEncoding.ParseAdd(encoding);
        if (accept is not null)
            request.Headers.Accept.ParseAdd(accept);

        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        Assert.Equal(encoding == "gzip" ? ["gzip"] : [], answer.Content.Headers.ContentEncoding);
        await using var text = encoding == "gzip" ? new GZipStream(body, CompressionMode.Decompress) : body;
        using var reader = new StreamReader(text);
        var scrape = new Scrape(await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Contains("target_info", scrape.Types.Keys);
        Assert.Equal(1, scrape.Value("modelservice_model_versions", ("model", "counted")));
    }

    [Fact]
    public async Task Metrics_NamesThatClientsMakeUp_AreNoLabels()
    {
        using var server = await StartAsync();
        (await server.Api.PredictAsync("made-up", Good)).Problem(404, "model_not_found");
        (await server.Api.GetAsync("/v1/made-up/made-up?made-up=1")).Problem(404, "not_found");
        (await server.Api.SendAsync(new HttpMethod("MADE-UP"), "/v1/models")).Problem(405, "method_not_allowed");
        await server.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken);

        var scrape = await Scrape.GetAsync(server.Http);

        Assert.DoesNotContain(
            scrape.Samples,
            sample => sample.Labels.Values.Any(value => value.Contains("made", StringComparison.OrdinalIgnoreCase))
        );
        Assert.Equal(3, scrape.Value("http_server_request_duration_seconds_count"));
    }

    private async Task<ServerProcess> StartAsync(params string[] settings) =>
        await ServerProcess.StartAsync(data.Path, settings);
}
