using System.Net.Sockets;
using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

[Collection(nameof(Alone))]
public sealed class ShutdownTests : IDisposable
{
    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Start_FolderOfAnotherServer_IsRefusedWithItsProcess()
    {
        using var first = await ServerProcess.StartAsync(data.Path);

        var (exitCode, error) = await ServerProcess.RunAsync(data.Path);

        Assert.Equal(1, exitCode);
        Assert.Contains(
            $"The folder {data.Path} is in use by the server with process id {first.Id}.",
            error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        await first.Api.CreateAsync(Networks.Tiny("served"));
    }

    [Fact]
    public async Task Stop_WhileAModelIsMade_FinishesItAndExitsWithoutAnError()
    {
        using var server = await ServerProcess.StartAsync(data.Path);
        var creation = server.Api.PostAsync("/v1/models", """{"name":"large","base":"resnet18","seed":1}""");
        await Eventually.GetAsync(() => server.Api.GetAsync("/v1/models/large"), answer => answer.Status != 404);

        var exitCode = await server.StopAsync();

        Assert.Equal(0, exitCode);
        (await creation).Ok(201);
        using var next = await ServerProcess.StartAsync(data.Path);
        Assert.NotEqual("failed", (await next.Api.GetAsync("/v1/models/large")).Ok().GetProperty("state").GetString());
    }

    [Fact]
    public async Task Stop_WhileABodyComesSlowly_IsNoBugOfTheServer()
    {
        var token = TestContext.Current.CancellationToken;
        using var server = await ServerProcess.StartAsync(data.Path, "--ModelService:Limits:ShutdownTimeout=00:00:01");
        await server.Api.CreateAsync(Networks.Tiny("slow"));
        using var client = new TcpClient();
        await client.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port, token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                "POST /v1/models/slow/weights/check HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\nabc"
            ),
            token
        );
        var sending = SendAsync();
        await Eventually.GetAsync(
            () => server.Http.GetStringAsync("/metrics", token),
            metrics =>
                metrics.Contains("http_server_active_requests{http_request_method=\"POST\"", StringComparison.Ordinal)
        );

        Assert.Equal(0, await server.StopAsync());

        await sending;
        Assert.DoesNotContain(server.Output, line => line.Contains(" ERR ", StringComparison.Ordinal));

        async Task SendAsync()
        {
            try
            {
                while (true)
                {
                    await stream.WriteAsync(new byte[2048], token);
                    await Task.Delay(50, token);
                }
            }
            catch (IOException)
            {
                // The server has closed the connection.
            }
        }
    }

    [Fact]
    public async Task Stop_WhileModelsAreLoaded_ExitsWithoutAnError()
    {
        using (var first = await ServerProcess.StartAsync(data.Path))
        {
            foreach (var name in new[] { "a", "b", "c" })
                await first.Api.CreateAsync($$"""{"name":"{{name}}","base":"squeezenet1_1","seed":1}""");
            Assert.Equal(0, await first.StopAsync());
        }

        using (var second = await ServerProcess.StartAsync(data.Path))
            Assert.Equal(0, await second.StopAsync());
        using var third = await ServerProcess.StartAsync(data.Path);
        await Eventually.GetAsync(() => third.Api.GetAsync("/health/ready"), ready => ready.Status != 503);
        Assert.All(
            (await third.Api.GetAsync("/v1/models")).Ok().GetProperty("models").EnumerateArray(),
            model => Assert.Equal("ready", model.GetProperty("state").GetString())
        );
    }
}
