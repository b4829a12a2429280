using System.Net;
using ModelService.Api.Tests.Support;
using ModelService.Tool;

namespace ModelService.Api.Tests.Embedding;

/// <summary>The conformance kit against the server inside another application, hostile requests and all.</summary>
public sealed class EmbeddedConformanceTests
{
    [Fact]
    public async Task Kit_UnderAPrefix_PassesInFull()
    {
        await using var host = await HostApplication.StartAsync();
        (await host.Api.PostAsync("/ml/v1/models", Networks.Tiny("tried"))).Ok(201);

        await TryAsync("--server", $"{host.Addresses.Single()}ml");
    }

    [Fact]
    public async Task Kit_AtTheRoot_PassesOverGrpcToo()
    {
        await using var host = await HostApplication.StartAsync(
            ("Prefix", ""),
            ("Kestrel:Endpoints:Rest:Url", "http://127.0.0.1:0"),
            ("Kestrel:Endpoints:Calls:Url", "http://127.0.0.1:0"),
            ("Kestrel:Endpoints:Calls:Protocols", "Http2")
        );
        using var http = new HttpClient();
        Uri[] both = [.. host.Addresses];
        var rest = await SpeaksHttp1Async(http, both[0]) ? both[0] : both[1];
        using var body = Bodies.Json(Networks.Tiny("tried"));
        using var created = await http.PostAsync(
            new Uri(rest, "/v1/models"),
            body,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);

        await TryAsync("--server", $"{rest}", "--grpc", $"{both.Single(address => address != rest)}");
    }

    private static async Task TryAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = await ToolProgram.RunAsync(
            ["conformance", "tried", "--manage", .. arguments],
            output,
            TextWriter.Synchronized(error)
        );

        Assert.True(exitCode == 0, $"{output}\n{error}");
        Assert.DoesNotContain("skipped", output.ToString(), StringComparison.Ordinal);
    }

    private static async Task<bool> SpeaksHttp1Async(HttpClient http, Uri address)
    {
        using var answer = await http.GetAsync(new Uri(address, "/own"), TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode;
    }
}
