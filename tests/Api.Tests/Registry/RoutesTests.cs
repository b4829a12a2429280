using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.OpenInference;
using ModelService.Api.Tests.Support;
using ModelService.Models.Prediction;

namespace ModelService.Api.Tests.Registry;

/// <summary>Requests without a version number are divided among versions, through every front door.</summary>
public sealed class RoutesTests : IAsyncDisposable
{
    private const string Model = "routed";

    // The labels name the version, which is drift, and a machine that is busy with other tests is slow now and then.
    private const string Never = "\"stop\":{\"max_latency_ratio\":1000,\"max_drift\":1}";

    private readonly TemporaryFolder data = new();
    private readonly ApiServer server;

    public RoutesTests() => server = Start(data);

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        data.Dispose();
    }

    [Fact]
    public async Task Predict_TenThousandCallers_AreDividedByTheShares()
    {
        await CreateAsync(server, versions: 3);
        await SetAsync($$"""{"routes":{"1":70,"2":20,"3":10},{{Never}}}""");

        var counts = await CountAsync(caller => $"caller-{caller}");
        var anonymous = await CountAsync(_ => null);

        // Binomial: five standard deviations.
        foreach (var (version, share) in new[] { (1, 0.7), (2, 0.2), (3, 0.1) })
        {
            var deviation = Math.Sqrt(10_000 * share * (1 - share));
            var (least, most) = ((10_000 * share) - (5 * deviation), (10_000 * share) + (5 * deviation));
            Assert.InRange(counts[version], least, most);
            Assert.InRange(anonymous[version], least, most);
        }

        var versions = await VersionsAsync();
        Assert.Equal(20_000, versions.Sum(version => version.GetProperty("requests").GetInt32()));
    }

    [Fact]
    public async Task Predict_SameCaller_GetsTheSameVersionThroughEveryDoorOfEveryServer()
    {
        await using var other = Start(null);
        foreach (var one in new[] { server, other })
        {
            await CreateAsync(one, versions: 2);
            await SetAsync($$"""{"routes":{"1":50,"2":50},{{Never}}}""", one);
        }

        var seen = new HashSet<int>();
        for (var caller = 0; caller < 40; caller++)
        {
            var name = $"caller-{caller}";
            var expected = await VersionAsync(server, name);
            seen.Add(expected);
            foreach (var one in new[] { server, other })
            {
                for (var repeat = 0; repeat < 3; repeat++)
                    Assert.Equal(expected, await VersionAsync(one, name));
                var api = one.Connect(("X-Client", name));
                var infer = (await api.PostAsync($"/v2/models/{Model}/infer", InferBodies.Json())).Ok();
                Assert.Equal($"{expected}", infer.GetProperty("model_version").GetString());
                var torchServe = (await api.PostAsync($"/predictions/{Model}", Networks.InputJson())).Ok();
                Assert.Equal($"v{expected}-0", torchServe.EnumerateObject().Select(label => label.Name).Min());
                using var calls = new Calls(one, client: name);
                Assert.Equal($"{expected}", (await calls.InferAsync(Calls.Tensor(Model))).ModelVersion);
                Assert.Equal(expected, await ClassifyAsync(one, caller, name));
            }
        }

        Assert.Equal([1, 2], seen.Order());
        var anyone = new HashSet<int>();
        for (var photo = 0; photo < 40; photo++)
            anyone.Add(await ClassifyAsync(server, photo, null));
        Assert.Equal([1, 2], anyone.Order());
    }

    [Fact]
    public async Task Predict_Key_NamesTheCallerUnlessTheHeaderDoes()
    {
        var settings = Keys.Settings;
        settings["ModelService:Auth:Keys:4:Name"] = "other key";
        settings["ModelService:Auth:Keys:4:Sha256"] = Keys.Sha256("other");
        settings["ModelService:Auth:Keys:4:Scopes:0"] = "predict";
        await using var guarded = new ApiServer { Settings = settings };
        var manager = guarded.With("manage");
        await CreateAsync(manager, versions: 2);
        await SetAsync($$"""{"routes":{"1":50,"2":50},{{Never}}}""", manager);

        async Task<int> AskAsync(string key, string? client)
        {
            (string, string)[] headers = client is null ? [] : [("X-Client", client)];
            var api = guarded.Connect([("X-API-Key", key), .. headers]);
            return (await api.PredictAsync(Model, Networks.InputJson())).Ok().GetProperty("version").GetInt32();
        }

        var first = await AskAsync("predict", null);
        for (var repeat = 0; repeat < 10; repeat++)
            Assert.Equal(first, await AskAsync("predict", null));
        var callers = new HashSet<int>();
        for (var caller = 0; caller < 20; caller++)
        {
            var version = await AskAsync("predict", $"caller-{caller}");
            Assert.Equal(version, await AskAsync("other", $"caller-{caller}"));
            callers.Add(version);
        }

        Assert.Equal(2, callers.Count);
    }

    [Fact]
    public async Task Update_Routes_AreShownKeptOverARestartAndRemovedByOneCall()
    {
        await CreateAsync(server, versions: 2);
        var set = await SetAsync("""{"routes":{"1":40,"2":60},"default_version":1,"stop":{"min_requests":7}}""");
        await server.DisposeAsync();
        await using var again = Start(data);

        var kept = (await again.Api.GetAsync($"/v1/models/{Model}")).Ok();
        var removed = await SetAsync("""{"routes":null}""", again);

        Assert.Equal("""{"1":40,"2":60}""", set.GetProperty("routes").GetRawText());
        Assert.Equal(set.GetProperty("routes").GetRawText(), kept.GetProperty("routes").GetRawText());
        var canary = kept.GetProperty("canary");
        Assert.Equal(
            """{"max_error_rate":0.05,"max_latency_ratio":2,"max_drift":0.25,"min_requests":7}""",
            canary.GetProperty("stop").GetRawText()
        );
        Assert.Equal(
            set.GetProperty("canary").GetProperty("since").GetString(),
            canary.GetProperty("since").GetString()
        );
        Assert.False(canary.TryGetProperty("stopped", out _));
        Assert.Equal(1, canary.GetProperty("stable").GetInt32());
        Assert.False(removed.TryGetProperty("routes", out _));
        Assert.False(removed.TryGetProperty("canary", out _));
        Assert.True(removed.GetProperty("pinned").GetBoolean());
        for (var caller = 0; caller < 20; caller++)
            Assert.Equal(1, await VersionAsync(again, $"caller-{caller}"));
    }

    [Theory]
    [InlineData("""{"routes":{"1":50,"9":40,"8":10}}""", "/routes/9", "/routes/8")]
    [InlineData("""{"routes":{"1":50,"2":49}}""", "/routes")]
    [InlineData("""{"routes":{"1":50.5,"2":49.5}}""", "/routes/1", "/routes/2")]
    [InlineData("""{"routes":{"2":100},"default_version":1}""", "/routes")]
    [InlineData(
        """{"routes":{"1":50,"2":50},"stop":{"max_drift":"high","nonsense":1}}""",
        "/stop/max_drift",
        "/stop/nonsense"
    )]
    [InlineData("""{"stop":{"max_drift":1}}""", "/stop")]
    public async Task Update_WrongRoutes_SayWhere(string change, params string[] pointers)
    {
        await CreateAsync(server, versions: 2);

        var answer = await server.Api.SendAsync(HttpMethod.Patch, $"/v1/models/{Model}", Bodies.Json(change));

        answer.Problem(422, "definition_invalid", pointers);
        Assert.False((await server.Api.GetAsync($"/v1/models/{Model}")).Ok().TryGetProperty("routes", out _));
    }

    [Fact]
    public async Task Delete_RoutedVersionsUnderTraffic_FailsNoRequest()
    {
        await CreateAsync(server, versions: 5);
        await SetAsync($$"""{"routes":{"1":20,"2":20,"3":20,"4":20,"5":20},{{Never}}}""");
        using var stop = new CancellationTokenSource();
        var answered = new ConcurrentBag<int>();
        var traffic = Enumerable
            .Range(0, 4)
            .Select(async worker =>
            {
                for (var caller = 0; !stop.IsCancellationRequested; caller++)
                    answered.Add(await VersionAsync(server, $"caller-{worker}-{caller}"));
            })
            .ToList();

        for (var version = 2; version <= 5; version++)
        {
            var before = answered.Count;
            await Eventually.GetAsync(() => answered.Count, count => count > before + 50);
            (await server.Api.DeleteAsync($"/v1/models/{Model}/versions/{version}")).Ok();
        }

        await stop.CancelAsync();
        await Task.WhenAll(traffic);
        Assert.Equal([1, 2, 3, 4, 5], answered.Distinct().Order());
        Assert.Equal(1, await VersionAsync(server, "caller-0-0"));
        var versions = await VersionsAsync();
        Assert.Equal([100, 0, 0, 0, 0], versions.Select(version => version.GetProperty("percent_now").GetInt32()));
        Assert.Equal(
            "Version 5 is deleted: version 1 answers in its place.",
            versions[4].GetProperty("reason").GetString()
        );
        (await server.Api.DeleteAsync($"/v1/models/{Model}/versions/1")).Problem(409, "version_conflict");
    }

    private static ApiServer Start(TemporaryFolder? folder)
    {
        var settings = new Dictionary<string, string> { ["ModelService:TorchServe:Enabled"] = "true" };
        if (folder is not null)
            settings["ModelService:Storage:Path"] = folder.Path;
        return new ApiServer
        {
            Settings = settings,
            Configure = services => services.AddKeyedSingleton("ModelService.Routes", TestSeed.Generator()),
        };
    }

    private static Task CreateAsync(ApiServer one, int versions) => CreateAsync(one.Api, versions);

    private static async Task CreateAsync(ApiClient api, int versions)
    {
        static string Labels(int version) =>
            $"\"labels\":[{string.Join(',', Enumerable.Range(0, 4).Select(index => $"\"v{version}-{index}\""))}]";
        await api.CreateAsync(Networks.Tiny(Model, $"\"seed\":1,{Labels(1)}"));
        for (var version = 2; version <= versions; version++)
            (await api.PostAsync($"/v1/models/{Model}/versions", $"{{{Labels(version)}}}")).Ok(201);
    }

    private static async Task<int> ClassifyAsync(ApiServer one, int photo, string? client)
    {
        var stop = TestContext.Current.CancellationToken;
        using var stream = new MemoryStream(Bodies.RandomBmp(photo));
        var classifier = one.Services.GetRequiredService<IClassifier>();
        return (await classifier.ClassifyAsync(Model, stream, client, stop)).Version;
    }

    private static async Task<int> VersionAsync(ApiServer one, string? client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/models/{Model}/predict?scores=none");
        request.Content = Bodies.Json(Networks.InputJson());
        if (client is not null)
            request.Headers.Add("X-Client", client);
        using var http = one.CreateClient();
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonElement.Parse(text).GetProperty("version").GetInt32();
    }

    private Task<JsonElement> SetAsync(string change, ApiServer? one = null) => SetAsync(change, (one ?? server).Api);

    private static async Task<JsonElement> SetAsync(string change, ApiClient api) =>
        (await api.SendAsync(HttpMethod.Patch, $"/v1/models/{Model}", Bodies.Json(change))).Ok();

    private async Task<List<JsonElement>> VersionsAsync() =>
        [
            .. (await server.Api.GetAsync($"/v1/models/{Model}"))
                .Ok()
                .GetProperty("canary")
                .GetProperty("versions")
                .EnumerateArray(),
        ];

    private async Task<Dictionary<int, int>> CountAsync(Func<int, string?> client)
    {
        var counts = new ConcurrentDictionary<int, int>();
        await Parallel.ForAsync(
            0,
            10_000,
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (caller, _) =>
                counts.AddOrUpdate(await VersionAsync(server, client(caller)), 1, (_, count) => count + 1)
        );
        return counts.ToDictionary();
    }
}
