using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;
using Serilog.Core;
using Serilog.Events;

namespace ModelService.Api.Tests.Logging;

/// <summary>Each request's line has the address of the client, and the sizes of what came and went.</summary>
public sealed class RequestSizesTests
{
    private readonly LogSink log = new();

    [Fact]
    public async Task Log_Prediction_HasTheAddressAndTheSizes()
    {
        await using var server = Server();
        await server.Api.CreateAsync(Networks.Tiny("logged"));
        await log.NextRequestAsync();
        var body = Networks.InputJson();

        var answer = await server.Api.PredictAsync("logged", body);

        answer.Ok();
        AssertSizes(await log.NextRequestAsync(), "127.0.0.1", body.Length, Encoding.UTF8.GetByteCount(answer.Text));
    }

    [Fact]
    public async Task Log_BodyWithoutALength_HasWhatWasRead()
    {
        await using var server = Server();
        await server.Api.CreateAsync(Networks.Tiny("logged"));
        await log.NextRequestAsync();
        var body = Networks.InputJson();

        var answer = await server.Api.PredictAsync("logged", Bodies.Chunked(Bodies.Json(body)));

        answer.Ok();
        AssertSizes(await log.NextRequestAsync(), "127.0.0.1", body.Length, Encoding.UTF8.GetByteCount(answer.Text));
    }

    [Theory]
    [InlineData("/v1/models")] // JSON by the pipe
    [InlineData("/v1/nothing")] // an error
    [InlineData("/v1/schemas/architecture")]
    [InlineData("/swagger/swagger-ui.css")] // a file
    [InlineData("/v1/models/logged/versions/1/weights")] // a stream
    public async Task Log_AnswerOfAnyKind_HasItsSize(string path)
    {
        await using var server = Server();
        await server.Api.CreateAsync(Networks.Tiny("logged"));
        await log.NextRequestAsync();
        using var http = new HttpClient { BaseAddress = server.Api.BaseAddress };

        using var answer = await http.GetAsync(path, TestContext.Current.CancellationToken);
        var bytes = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.NotEmpty(bytes);
        AssertSizes(await log.NextRequestAsync(), "127.0.0.1", 0, bytes.Length);
    }

    [Fact]
    public async Task Log_Head_HasNoAnswer()
    {
        await using var server = Server();

        await server.Api.SendAsync(HttpMethod.Head, "/swagger/index.html");

        AssertSizes(await log.NextRequestAsync(), "127.0.0.1", 0, 0);
    }

    [Fact]
    public async Task Log_BodyThatIsRefusedByItsLength_HasItsLength()
    {
        await using var server = Server(("ModelService:Limits:MaxPredictBytes", "1024"));
        await server.Api.CreateAsync(Networks.Tiny("logged"));
        await log.NextRequestAsync();

        var answer = await server.Api.PredictAsync("logged", new string(' ', 5000));

        answer.Problem(413, "body_too_large");
        AssertSizes(await log.NextRequestAsync(), "127.0.0.1", 5000, Encoding.UTF8.GetByteCount(answer.Text));
    }

    [Theory]
    [InlineData("false", "127.0.0.1")]
    [InlineData("true", "192.0.2.1")]
    public async Task Log_RequestThroughAProxy_HasTheClientIfTheProxyIsBelieved(string isBelieved, string address)
    {
        await using var server = Server(("ForwardedHeaders_Enabled", isBelieved));

        (await server.Connect(("X-Forwarded-For", "192.0.2.1")).GetAsync("/v1/models")).Ok();

        Assert.Equal(address, Value(await log.NextRequestAsync(), "Address"));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("text")]
    public async Task Log_EitherFormat_HasThem(string format)
    {
        using var data = new TemporaryFolder();
        using var server = await ServerProcess.StartAsync(data.Path, $"--ModelService:Logging:Format={format}");

        var answer = await server.Api.PostAsync("/v1/architectures/analyze", "{ }");

        var line = await Eventually.GetAsync(
            () => server.Output.FirstOrDefault(written => written.Contains("POST", StringComparison.Ordinal)),
            line => line is not null
        );
        var sizes = Encoding.UTF8.GetByteCount(answer.Text);
        if (format == "text")
        {
            Assert.Contains(
                $" Address 127.0.0.1, RequestBytes 3, ResponseBytes {sizes}",
                line,
                StringComparison.Ordinal
            );
        }
        else
        {
            var json = JsonElement.Parse(line!);
            Assert.Equal(
                ("127.0.0.1", 3, sizes),
                (
                    json.GetProperty("Address").GetString(),
                    json.GetProperty("RequestBytes").GetInt32(),
                    json.GetProperty("ResponseBytes").GetInt32()
                )
            );
        }
    }

    private ApiServer Server(params (string Key, string Value)[] settings)
    {
        var server = new ApiServer
        {
            Settings = new() { ["Serilog:MinimumLevel:Default"] = "Information" },
            Configure = services => services.AddSingleton<ILogEventSink>(log),
        };
        foreach (var (key, value) in settings)
            server.Settings[key] = value;
        return server.OnSocket();
    }

    private static void AssertSizes(LogEvent line, string address, long request, long response) =>
        Assert.Equal(
            (address, request, response),
            (Value(line, "Address"), Value(line, "RequestBytes"), Value(line, "ResponseBytes"))
        );

    private static object? Value(LogEvent line, string property) =>
        Assert.IsType<ScalarValue>(line.Properties[property]).Value;
}
