using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Health;

public sealed class HealthTests : IDisposable
{
    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Ready_ModelsThatAreStillToBeLoaded_AreTheReasonAndDoNotHoldUpTheStart()
    {
        await using (var first = Server())
            await first.Api.CreateAsync(Networks.Tiny("kept"));
        var held = new HeldStore();

        await using var server = Server(held.Configure);
        var loading = await NotReadyAsync(server);
        var live = await server.Api.GetAsync("/health/live");
        held.GoOn();
        var ready = await Eventually.GetAsync(
            () => server.Api.GetAsync("/health/ready"),
            answer => answer.Status != 503
        );

        Assert.Equal(["Versions still to be loaded: 1."], loading.GetProperty("reasons").Texts());
        Assert.DoesNotContain("kept", loading.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(200, live.Status);
        Assert.Equal("ready", ready.Ok().GetProperty("status").GetString());
        Assert.Empty(ready.Ok().GetProperty("reasons").Texts());
    }

    [Fact]
    public async Task Ready_FolderThatCantBeWritten_IsDegradedAndPredicts()
    {
        await using var server = Server();
        await server.Api.CreateAsync(Networks.Tiny("kept"));
        (await server.Api.GetAsync("/health/ready")).Ok();

        Directory.Delete(Path.Combine(data.Path, ".staging"));
        var broken = (await server.Api.GetAsync("/health/ready")).Ok();
        (await server.Api.PredictAsync("kept", Networks.InputJson())).Ok();
        var live = await server.Api.GetAsync("/health/live");
        Directory.CreateDirectory(Path.Combine(data.Path, ".staging"));
        var mended = (await server.Api.GetAsync("/health/ready")).Ok();

        Assert.Equal("degraded", broken.GetProperty("status").GetString());
        Assert.Contains(
            "can't write into its data folder",
            Assert.Single(broken.GetProperty("reasons").Texts()),
            StringComparison.Ordinal
        );
        Assert.Equal(200, live.Status);
        Assert.Equal("ready", mended.GetProperty("status").GetString());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(data.Path, ".staging")));
    }

    [Fact]
    public async Task Ready_ReadOnlyServer_ServesWhatAnotherOneWrites()
    {
        await using var writer = Server();
        await writer.Api.CreateAsync(Networks.Tiny("kept"));

        await using var reader = Server(settings: ("ModelService:Storage:ReadOnly", "true"));

        (await reader.Api.PredictAsync("kept", Networks.InputJson())).Ok();
        (await reader.Api.PostAsync("/v1/models", Networks.Tiny("new"))).Problem(403, "read_only");
        (await reader.Api.DeleteAsync("/v1/models/kept")).Problem(403, "read_only");
        (await reader.Api.GetAsync("/health/ready")).Ok();
        (await writer.Api.PredictAsync("kept", Networks.InputJson())).Ok();
    }

    [Fact]
    public async Task Ready_ServerThatStops_SaysSoWhileItStillAnswers()
    {
        var last = new LastRequest();
        await using var server = Server(services => services.AddSingleton<IHostedService>(last));
        last.Http = server.CreateClient();

        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var (status, body) = await last.Answer.Task.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal(["The server is shutting down."], JsonElement.Parse(body).GetProperty("reasons").Texts());
    }

    private ApiServer Server(
        Action<IServiceCollection>? configure = null,
        params (string Key, string Value)[] settings
    ) =>
        new()
        {
            Settings = settings
                .Append(("ModelService:Storage:Path", data.Path))
                .ToDictionary(pair => pair.Item1, pair => pair.Item2),
            Configure = configure ?? (static _ => { }),
        };

    private static async Task<JsonElement> NotReadyAsync(ApiServer server)
    {
        var answer = await server.Api.GetAsync("/health/ready");
        Assert.Equal(503, answer.Status);
        var body = JsonElement.Parse(answer.Text);
        Assert.Equal("not_ready", body.GetProperty("status").GetString());
        return body;
    }

    /// <summary>Asks when the server was told to stop, and before it does.</summary>
    private sealed class LastRequest : IHostedLifecycleService
    {
        public HttpClient? Http { get; set; }

        public TaskCompletionSource<(HttpStatusCode Status, string Body)> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task StoppingAsync(CancellationToken cancellationToken)
        {
            // Disposing the server stops it once more.
            if (Answer.Task.IsCompleted)
                return;
            using var answer = await Http!.GetAsync("/health/ready", cancellationToken);
            Answer.TrySetResult((answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellationToken)));
        }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
