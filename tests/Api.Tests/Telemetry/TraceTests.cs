using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelService.Api.Tests.Support;
using ModelService.Models.Execution;

namespace ModelService.Api.Tests.Telemetry;

public sealed class TraceTests
{
    [Fact]
    public async Task Trace_Prediction_HasItsStagesAndALinkedBatch()
    {
        var (trace, spans) = (ActivityTraceId.CreateRandom(), new ConcurrentQueue<Activity>());
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ServingTraces.SourceName,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = new ApiServer();
        await server.Api.CreateAsync(Networks.Tiny("traced"));

        await PredictAsync(server.CreateClient(), trace);

        var own = spans.Where(span => span.TraceId == trace).ToDictionary(span => span.OperationName);
        Assert.Equal(["decode", "inference", "queue"], own.Keys.Order());
        Assert.Single(own.Values.Select(span => span.ParentSpanId).Distinct());
        Assert.All(own.Values, span => Assert.Equal("traced", span.GetTagItem("model")));
        var batch = Assert.Single(
            spans,
            span => span.OperationName == "batch" && span.Links.Any(link => link.Context.TraceId == trace)
        );
        Assert.Equal((default, 2), (batch.ParentSpanId, batch.GetTagItem("batch_size")));
        Assert.Equal(own["decode"].ParentSpanId, Assert.Single(batch.Links).Context.SpanId);
        Assert.Equal(batch.Context, Assert.Single(own["inference"].Links).Context);
        Assert.Equal(batch.Duration, own["inference"].Duration);

        // One after the other.
        Assert.True(own["queue"].StartTimeUtc >= own["decode"].StartTimeUtc);
        Assert.Equal(own["inference"].StartTimeUtc, own["queue"].StartTimeUtc + own["queue"].Duration);
    }

    [Fact]
    public async Task Trace_Collector_GetsTheSpansOfTheCallersTrace()
    {
        var (trace, received) = (ActivityTraceId.CreateRandom(), new ConcurrentQueue<(string Path, byte[] Body)>());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var collector = builder.Build();
        collector.Urls.Add("http://127.0.0.1:0");
        collector.MapPost(
            "/{**path}",
            async (HttpRequest request, string path) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                received.Enqueue((path, body.ToArray()));
            }
        );
        await collector.StartAsync(TestContext.Current.CancellationToken);

        using var data = new TemporaryFolder();
        using (
            var server = await ServerProcess.StartAsync(
                data.Path,
                $"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Urls.Single()}",
                "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
            )
        )
        {
            await server.Api.CreateAsync(Networks.Tiny("traced"));
            (await server.Api.GetAsync("/health/ready")).Ok();
            await PredictAsync(server.Http, trace);
            Assert.Equal(0, await server.StopAsync());
        }

        // What is left is sent when the server stops. In the binary message, names are text and ids are bytes.
        Assert.All(received, message => Assert.Equal("v1/traces", message.Path));
        var all = received.SelectMany(message => message.Body).ToArray();
        Assert.All(
            new[] { "POST v1/models/{name}/predict", "decode", "queue", "batch", "inference", "model-service" },
            name => Assert.NotEqual(-1, all.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name)))
        );
        Assert.NotEqual(-1, all.AsSpan().IndexOf(Convert.FromHexString(trace.ToHexString())));
        Assert.Equal(-1, all.AsSpan().IndexOf("/health"u8));
    }

    [Fact]
    public async Task Trace_Error_NamesTheCallersTrace()
    {
        var trace = ActivityTraceId.CreateRandom();
        await using var server = new ApiServer();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models/nothing")
        {
            Headers = { { "traceparent", Header(trace) } },
        };

        using var answer = await server.CreateClient().SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains(
            $"\"trace_id\":\"{trace}\"",
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    private static async Task PredictAsync(HttpClient http, ActivityTraceId trace)
    {
        var body = Bodies.Json(Bodies.Images(Bodies.RandomBmp(1), Bodies.RandomBmp(2)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/models/traced/predict")
        {
            Content = body,
            Headers = { { "traceparent", Header(trace) } },
        };
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private static string Header(ActivityTraceId trace) => $"00-{trace}-{ActivitySpanId.CreateRandom()}-01";
}
