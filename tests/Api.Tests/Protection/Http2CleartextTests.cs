using System.Net;
using System.Text.RegularExpressions;
using ModelService.Api.Tests.Support;
using ModelService.Api.Tests.Telemetry;

namespace ModelService.Api.Tests.Protection;

/// <summary>
/// HTTP/2 without TLS, which a client begins without asking (prior knowledge): a port of its own speaks it, as
/// docs/operations.md says, and any other port refuses it.
/// </summary>
public sealed partial class Http2CleartextTests : IDisposable
{
    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Predict_PortOfTheOperationsPage_SpeaksHttp2()
    {
        using var server = await StartAsync();
        await server.Api.CreateAsync(Networks.Tiny("kept"));
        var expected = (await server.Api.PredictAsync("kept", Networks.InputJson())).Ok();
        using var http = await ClientAsync(server, HttpVersion.Version20);

        using var answer = await http.PostAsync(
            "/v1/models/kept/predict",
            Bodies.Json(Networks.InputJson()),
            TestContext.Current.CancellationToken
        );

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            expected.GetProperty("predictions").GetRawText(),
            System.Text.Json.JsonElement.Parse(text).GetProperty("predictions").GetRawText()
        );
        var scrape = await Scrape.GetAsync(server.Http);
        Assert.Equal(
            1,
            scrape.Value(
                "http_server_request_duration_seconds_count",
                ("http_route", "v1/models/{name}/predict"),
                ("network_protocol_version", "2")
            )
        );
    }

    [Fact]
    public async Task Predict_ManyAtOnceOnOneConnection_AllAreAnswered()
    {
        using var server = await StartAsync();
        await server.Api.CreateAsync(Networks.Tiny("kept"));
        using var http = await ClientAsync(server, HttpVersion.Version20);
        var api = new ApiClient(http);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => api.PredictAsync("kept", Networks.InputJson()))
        );

        Assert.All(answers, answer => answer.Ok());
        Assert.Single(answers.Select(answer => answer.Ok().GetProperty("predictions").GetRawText()).Distinct());
    }

    [Fact]
    public async Task Send_Http1ToThatPort_IsRefusedInWords()
    {
        using var server = await StartAsync();
        using var http = await ClientAsync(server, HttpVersion.Version11);

        using var answer = await http.GetAsync("/v1/models", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("An HTTP/1.x request was sent to an HTTP/2 only endpoint.", text);
        Assert.Contains(text, Regex.Replace(await OperationsPageAsync(), @"\s+", " "), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--Kestrel:EndpointDefaults:Protocols=Http1AndHttp2")]
    public async Task Send_Http2ToAnotherPort_IsRefused(params string[] settings)
    {
        using var server = await ServerProcess.StartAsync(data.Path, settings);
        using var http = Client(server.Api.BaseAddress, HttpVersion.Version20);

        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() =>
            http.GetAsync("/v1/models", TestContext.Current.CancellationToken)
        );

        Assert.Contains("HTTP_1_1_REQUIRED", refusal.ToString(), StringComparison.Ordinal);
        (await server.Api.GetAsync("/v1/models")).Ok();
    }

    // With the settings of the page, but at addresses that tests can use.
    private async Task<ServerProcess> StartAsync()
    {
        var settings = Setting()
            .Matches(await OperationsPageAsync())
            .Select(match =>
                (Key: match.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal), match.Groups[2].Value)
            )
            .ToDictionary(setting => setting.Key, setting => setting.Value);
        Assert.Equal(
            ["Kestrel:Endpoints:Http2:Protocols", "Kestrel:Endpoints:Http2:Url", "Kestrel:Endpoints:Http:Url"],
            settings.Keys.Order(StringComparer.Ordinal)
        );
        foreach (var key in settings.Keys.Where(key => key.EndsWith(":Url", StringComparison.Ordinal)))
            settings[key] = "http://127.0.0.1:0";
        return await ServerProcess.StartAsync(
            data.Path,
            [.. settings.Select(setting => $"--{setting.Key}={setting.Value}")]
        );
    }

    private static Task<string> OperationsPageAsync() =>
        File.ReadAllTextAsync(Repository.Path("docs", "operations.md"), TestContext.Current.CancellationToken);

    // The second port that the server listens at.
    private static async Task<HttpClient> ClientAsync(ServerProcess server, Version version)
    {
        var addresses = await Eventually.GetAsync(
            () =>
                server
                    .Output.SelectMany(line => Address().Matches(line))
                    .Select(match => new Uri(match.Value))
                    .Distinct()
                    .ToList(),
            addresses => addresses.Count == 2
        );
        return Client(addresses.Single(address => address != server.Api.BaseAddress), version);
    }

    private static HttpClient Client(Uri address, Version version) =>
        new()
        {
            BaseAddress = address,
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

    [GeneratedRegex("^(Kestrel__Endpoints__[A-Za-z0-9_]+)=(.*)$", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex(@"http://127\.0\.0\.1:[1-9]\d*")]
    private static partial Regex Address();
}
