using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;
using Serilog.Core;

namespace ModelService.Api.Tests.Protection;

/// <summary>Clients that leave, over a real socket: nothing stays behind, and the server goes on.</summary>
[Collection(nameof(Alone))]
public sealed class DisconnectTests : IAsyncDisposable
{
    private readonly LogSink log = new();
    private readonly Arrivals creations = new("/v1/models");
    private readonly Arrivals predictions = new("/v1/models/asked/predict");
    private readonly StagingFolder folder = new();
    private readonly HeldStore held = new();
    private readonly CancellationTokenSource leaving = new();
    private readonly ApiServer server;
    private readonly HttpClient client;

    public DisconnectTests()
    {
        server = new ApiServer
        {
            Settings = new([folder.Setting]) { ["Serilog:MinimumLevel:Default"] = "Information" },
            Configure = services =>
                held.Configure(
                    services
                        .AddSingleton<ILogEventSink>(log)
                        .AddSingleton<IStartupFilter>(creations)
                        .AddSingleton<IStartupFilter>(predictions)
                ),
        }.OnSocket();
        client = new HttpClient { BaseAddress = server.Api.BaseAddress };
    }

    public async ValueTask DisposeAsync()
    {
        held.GoOn();
        client.Dispose();
        leaving.Dispose();
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1_000_000L)]
    public async Task Create_ClientThatLeavesWhileItUploads_LeavesNothing(long? declaredLength)
    {
        var beginning =
            "--x\r\nContent-Disposition: form-data; name=\"weights\"; filename=\"w.pth\"\r\n\r\n"
            + new string('w', 100_000);
        using var body = new StallingContent(
            Encoding.ASCII.GetBytes(beginning),
            "multipart/form-data; boundary=x",
            declaredLength
        );
        var upload = SendAsync("/v1/models", body);
        await Task.WhenAny(upload, folder.Used);

        await LeaveAsync(upload);

        await OverAsync("/v1/models");
        Assert.Empty(folder.Files);
        await AssertItGoesOnAsync();
    }

    [Fact]
    public async Task Create_ClientThatLeavesWhileItsModelIsBuilt_LeavesNothing()
    {
        using var form = Bodies.Model(Networks.Lesson("left"), Fixtures.Path("weights", "lesson", "lesson.pth"));
        var creation = SendAsync("/v1/models", form);
        await Task.WhenAny(creation, held.Asked);

        await LeaveAsync(creation);
        await creations.Left;
        held.GoOn();

        // It is built by then, but not kept.
        await OverAsync("/v1/models");
        Assert.Empty(folder.Files);
        (await server.Api.GetAsync("/v1/models/left")).Problem(404, "model_not_found");
        await server.Api.CreateAsync(Networks.Tiny("left"));
        await AssertItGoesOnAsync();
    }

    [Fact]
    public async Task Create_TwoAtOnce_AreBuiltSideBySide()
    {
        var first = server.Api.PostAsync("/v1/models", Networks.Tiny("first"));
        var second = server.Api.PostAsync("/v1/models", Networks.Tiny("second"));

        await Eventually.GetAsync(() => held.Count, count => count == 2);
        held.GoOn();

        (await first).Ok(201);
        (await second).Ok(201);
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("application/json")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Predict_ClientThatLeavesWhileItUploads_IsForgotten(string contentType)
    {
        held.GoOn();
        await server.Api.CreateAsync(Networks.Tiny("asked"));
        await OverAsync("/v1/models");
        using var body = new StallingContent(
            "--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n\r\nabc"u8.ToArray(),
            contentType
        );
        var upload = SendAsync("/v1/models/asked/predict", body);
        await Task.WhenAny(upload, predictions.Arrived);

        await LeaveAsync(upload);

        await OverAsync("/v1/models/asked/predict");
        await server.Api.RemoveAsync("asked");
        await AssertItGoesOnAsync();
    }

    [Fact]
    public async Task Predict_ClientsThatLeaveWhileTheyWait_LeaveNoClaimOnTheModel()
    {
        const int Clients = 20;
        held.GoOn();
        await server.Api.CreateAsync(Networks.Lesson("asked"));
        await OverAsync("/v1/models");
        var inputs = Bodies.Tensors(Networks.Shape, Enumerable.Range(0, 8).Select(Networks.Input));
        var waiting = Enumerable
            .Range(0, Clients)
            .Select(_ => SendAsync("/v1/models/asked/predict", Bodies.Json(inputs)))
            .ToList();
        await Task.WhenAny(waiting);

        await leaving.CancelAsync();
        foreach (var prediction in waiting)
            await Record.ExceptionAsync(() => prediction);

        // A claim that were left would keep this waiting for ever.
        await server.Api.RemoveAsync("asked");
        await AssertItGoesOnAsync();
    }

    private async Task SendAsync(string path, HttpContent body)
    {
        using var answer = await client.PostAsync(new Uri(path, UriKind.Relative), body, leaving.Token);
    }

    private async Task LeaveAsync(Task request)
    {
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    // A request's line is logged when it is over: only then can something be left of it.
    private Task OverAsync(string path) =>
        log.NextRequestAsync(line =>
            line.Properties["RequestPath"].ToString() == $"\"{path}\""
            && line.Properties["RequestMethod"].ToString() == "\"POST\""
        );

    private async Task AssertItGoesOnAsync()
    {
        held.GoOn();
        await server.Api.CreateAsync(Networks.Tiny("next"));
        (await server.Api.PredictAsync("next", Networks.InputJson())).Ok();
        Assert.DoesNotContain(log.Events, line => line.Level >= Serilog.Events.LogEventLevel.Error);
    }
}
