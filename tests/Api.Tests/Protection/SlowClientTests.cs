using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;
using Serilog.Core;

namespace ModelService.Api.Tests.Protection;

/// <summary>Slow clients over real sockets: they are answered or cut off, and the server goes on.</summary>
public sealed class SlowClientTests
{
    [Fact]
    public async Task Send_SlowBody_IsTimedOut()
    {
        await using var server = await ServerAsync(("MinBytesPerSecond", "1000000"));
        const string File = "--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n\r\nabc";

        var answers = await Task.WhenAll(
            StallAsync(server, "POST /v1/models/slow/predict", "image/png", "abc"),
            StallAsync(server, "POST /v1/models/slow/predict", "application/json", "{"),
            StallAsync(server, "POST /v1/models/slow/predict", "multipart/form-data; boundary=x", File),
            StallAsync(
                server,
                "POST /v1/models",
                "multipart/form-data; boundary=x",
                File.Replace("images", "weights", StringComparison.Ordinal)
            ),
            StallAsync(server, "PUT /v1/models/slow/versions/1/weights", "application/octet-stream", "abc")
        );

        Assert.All(answers, answer => AssertProblem(answer, 408, "request_timeout"));
        Assert.All(
            answers,
            answer => Assert.Contains("ModelService:Limits:MinBytesPerSecond", answer, StringComparison.Ordinal)
        );
        await AssertItGoesOnAsync(server);
    }

    [Theory]
    [InlineData(
        "RequestTimeout",
        "POST /v1/models/slow/predict",
        "PATCH /v1/models/slow",
        "POST /v1/architectures/analyze"
    )]
    [InlineData(
        "UploadTimeout",
        "POST /v1/models",
        "POST /v1/models/slow/versions",
        "POST /v1/models/slow/weights/check"
    )]
    public async Task Send_RequestThatTakesTooLong_MissesItsDeadline(string limit, params string[] requests)
    {
        await using var server = await ServerAsync((limit, "00:00:01"));

        var answers = await Task.WhenAll(
            requests.Select(request => StallAsync(server, request, "application/json", "{"))
        );

        Assert.All(answers, answer => AssertProblem(answer, 504, "deadline_exceeded"));
        await AssertItGoesOnAsync(server);
    }

    [Fact]
    public async Task Send_SlowHeaders_IsCutOff()
    {
        await using var server = await ServerAsync(("HeadersTimeout", "00:00:01"));
        using var connection = await RawConnection.OpenAsync(server.Api.BaseAddress);
        await connection.SendAsync("GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Slow: ");

        var answer = await connection.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        await AssertItGoesOnAsync(server);
    }

    [Fact]
    public async Task Download_ClientThatDoesNotRead_IsCutOffAndHoldsNothing()
    {
        // 12 million parameters, 47 MiB: more than the sockets' buffers hold.
        const string Large = """
            {"input":{"channels":3,"height":32,"width":32},
              "layers":[{"type":"flatten"},{"type":"linear","out_features":4000},
              {"type":"linear","out_features":4}]}
            """;
        var log = new LogSink();
        await using var server = await ServerAsync(log, ("MinBytesPerSecond", "100000000"));
        await server.Api.CreateAsync(Networks.Model("large", Large));
        using var connection = await RawConnection.OpenAsync(server.Api.BaseAddress);

        await connection.SendAsync("GET /v1/models/large/versions/1/weights HTTP/1.1\r\nHost: x\r\n\r\n");

        await log.NextRequestAsync(line =>
            line.Properties["RequestPath"].ToString().EndsWith("/weights\"", StringComparison.Ordinal)
        );

        // Removing waits for whoever holds the model.
        await server.Api.RemoveAsync("large");
        await AssertItGoesOnAsync(server);
    }

    [Fact]
    public async Task Connect_MoreConnectionsThanAreTaken_ClosesThemAtOnce()
    {
        const int Most = 4;
        await using var server = await ServerAsync(("MaxConnections", $"{Most}"));
        var connections = new List<RawConnection>();
        var answers = new List<string>();

        // One after another: of those that come at once, any may be the one too many.
        for (var i = 0; i < Most + 3; i++)
        {
            var connection = await RawConnection.OpenAsync(server.Api.BaseAddress);
            connections.Add(connection);
            await Record.ExceptionAsync(() => connection.SendAsync("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"));
            answers.Add(await connection.ReadAsync());
        }

        // The client of the model's creation may keep one.
        var taken = answers.Count(answer => answer.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal));
        Assert.InRange(taken, Most - 1, Most);
        Assert.All(answers.Skip(taken), answer => Assert.Equal("", answer));
        connections.ForEach(connection => connection.Dispose());
        await AssertItGoesOnAsync(server);
    }

    [Theory]
    [InlineData(1, 33_000, "431")]
    [InlineData(100, 10, "431")]
    [InlineData(0, 9_000, "414")]
    public async Task Send_FloodOfHeaders_IsRefused(int headers, int bytes, string status)
    {
        await using var server = await ServerAsync();
        using var connection = await RawConnection.OpenAsync(server.Api.BaseAddress);
        var path = headers == 0 ? new string('a', bytes) : "";
        var flood = Enumerable.Range(0, headers).Select(index => $"X-{index}: {new string('a', bytes)}\r\n");

        // It is refused while it is sent.
        await Record.ExceptionAsync(() =>
            connection.SendAsync($"GET /{path} HTTP/1.1\r\nHost: x\r\n{string.Concat(flood)}\r\n")
        );

        Assert.StartsWith($"HTTP/1.1 {status} ", await connection.ReadAsync(), StringComparison.Ordinal);
        await AssertItGoesOnAsync(server);
    }

    [Fact]
    public async Task Send_HeadersOfTheLimit_AreTaken()
    {
        await using var server = await ServerAsync(("MaxRequestHeaderBytes", "65536"));

        (await server.Connect(("X-Large", new string('a', 60_000))).GetAsync("/v1/models")).Ok();
    }

    private static Task<ApiServer> ServerAsync(params (string Limit, string Value)[] limits) =>
        ServerAsync(new LogSink(), limits);

    private static async Task<ApiServer> ServerAsync(LogSink log, params (string Limit, string Value)[] limits)
    {
        var server = new ApiServer
        {
            Settings = new(
                limits.Select(limit => KeyValuePair.Create("ModelService:Limits:" + limit.Limit, limit.Value))
            )
            {
                ["Serilog:MinimumLevel:Default"] = "Information",
            },
            Configure = services => services.AddSingleton<ILogEventSink>(log),
        }.OnSocket();
        await server.Api.CreateAsync(Networks.Tiny("slow"));
        return server;
    }

    private static async Task<string> StallAsync(ApiServer server, string request, string contentType, string beginning)
    {
        using var connection = await RawConnection.OpenAsync(server.Api.BaseAddress);
        await connection.SendAsync(
            $"{request} HTTP/1.1\r\nHost: x\r\nContent-Type: {contentType}\r\nContent-Length: 1000\r\n\r\n{beginning}"
        );
        return await connection.ReadToEndAsync();
    }

    private static void AssertProblem(string answer, int status, string code)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"code\":\"{code}\"", answer, StringComparison.Ordinal);
    }

    private static async Task AssertItGoesOnAsync(ApiServer server) =>
        (await server.Api.PredictAsync("slow", Networks.InputJson())).Ok();
}
