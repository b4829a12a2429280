using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelService.Api.Tests.Support;
using Npgsql;

namespace ModelService.Api.Tests.Cluster;

/// <summary>More models than the memory of a server holds: servers that forward requests to each other.</summary>
[Trait("Category", "Attack")]
public sealed class ForwardingTests(PostgresServer postgres)
{
    // Room for two of the models and not for three.
    private const string Network = """
        {"input":{"channels":3,"height":32,"width":32},
          "layers":[{"type":"flatten"},{"type":"linear","out_features":256},{"type":"linear","out_features":4}]}
        """;
    private const string Budget = "--ModelService:Memory:Budget=14000000";
    private const string OneCopy = "--ModelService:Cluster:Copies=1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Predict_ThroughAnyServer_IsAnsweredByTheModelsServers()
    {
        using var replicas = new Replicas(postgres.CreateDatabase());
        await replicas.StartWithAddressesAsync(3, Budget, OneCopy);
        var names = await CreateAsync(replicas[0].Api, 8);

        var first = await PredictAllAsync(replicas, names);
        var before = await CountAsync(replicas, "answered");
        Assert.True(before > 0, "Nothing was forwarded.");
        Assert.Equal(0, await CountAsync(replicas, "declined"));

        // Each protocol, also with a version and a large body.
        foreach (var name in names)
        {
            var api = replicas[0].Api;
            (await api.PredictAsync(name, Bodies.Tensors([3, 32, 32], Networks.Input()), "?scores=logits")).Ok();
            (await api.PostAsync($"/v1/models/{name}/versions/1/predict", Networks.InputJson())).Ok();
            (await api.PostAsync($"/v2/models/{name}/infer", Infer(32))).Ok();
            (await api.PostAsync($"/v1/models/{name}/predict", "{}")).Problem(400, "malformed_request");
        }

        Assert.True(await CountAsync(replicas, "answered") > before);
        (await replicas[0].Api.PredictAsync("unknown", Networks.InputJson())).Problem(404, "model_not_found");

        // A server dies: others answer for it, at once and after it is forgotten.
        await replicas.KillAsync(2);
        var rest = replicas.Servers.Take(2).ToList();
        Assert.Equal(first, await PredictAllAsync(rest, names));
        await Eventually.GetAsync(
            () => rest[0].Api.GetAsync("/metrics"),
            answer => Metric(answer.Text, "servers") == 2
        );
        Assert.Equal(first, await PredictAllAsync(rest, names));
    }

    [Fact]
    public async Task Predict_OfAModelWhoseServerFails_IsAnsweredHere()
    {
        var database = postgres.CreateDatabase();
        using var replicas = new Replicas(database);
        await replicas.StartWithAddressesAsync(1, Budget, OneCopy);
        var names = await CreateAsync(replicas[0].Api, 12);
        await using var other = await OtherServer.StartAsync();
        await other.EnterAsync(database);
        await Eventually.GetAsync(
            () => replicas[0].Api.GetAsync("/metrics"),
            answer => Metric(answer.Text, "servers") == 2
        );

        other.Behavior = OtherServer.Answer;
        var answers = await SendAllAsync(replicas[0], names);
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        var forwarded = answers.Count(answer => answer.Text == OtherServer.Text);
        Assert.InRange(forwarded, 1, names.Count - 1);
        Assert.All(
            other.Requests,
            request =>
            {
                Assert.True(Guid.TryParse(request["X-Model-Service-Forwarded"], out _));
                Assert.Equal("someone", request["X-Client"]);
            }
        );

        // It leaves after it has read the body: nobody can answer.
        other.Behavior = OtherServer.Break;
        var broken = (await SendAllAsync(replicas[0], names)).Where(answer => answer.Status != 200).ToList();
        Assert.Equal(forwarded, broken.Count);
        Assert.All(broken, answer => answer.Problem(503, "model_not_ready"));
        Assert.All(broken, answer => Assert.Equal("1", answer.RetryAfter));

        // It has too much to do: this server answers, and goes on to do so.
        other.Behavior = OtherServer.Decline;
        other.Requests.Clear();
        for (var round = 0; round < 2; round++)
        {
            answers = await SendAllAsync(replicas[0], names);
            Assert.All(answers, answer => answer.Ok().GetProperty("predictions"));
            Assert.InRange(other.Requests.Count, 1, names.Count - 1);
        }

        Assert.True(await CountAsync(replicas, "declined") >= other.Requests.Count);
    }

    [Fact]
    public async Task Call_ThroughAnyServer_IsAnsweredByTheModelsServersAndCountedOnce()
    {
        const int Models = 8,
            Requests = 4 * Models;
        using var replicas = new Replicas(
            postgres.CreateDatabase(),
            [
                .. Keys.Settings.Select(setting => $"--{setting.Key}={setting.Value}"),
                $"--ModelService:Limits:RequestsPerMinute={Requests}",
            ]
        );
        await replicas.StartWithAddressesAsync(2, Budget, OneCopy);
        var names = await CreateAsync(replicas[0].With("manage"), Models);

        // With all requests that a minute allows through each server, neither may count those of the other.
        List<IReadOnlyList<string>> seen = [];
        for (var server = 0; server < replicas.Count; server++)
            seen.Add(await InferAllAsync(replicas, server, names));

        Assert.Equal(seen[0], seen[1]);
        Assert.Equal(names.Count, seen[0].Distinct().Count());
        var answered = await CountAsync(replicas, "answered");
        Assert.True(answered > 0, "Nothing was forwarded.");
        Assert.True(answered % 4 == 0, $"Not all four requests for a model were forwarded alike: {answered} were.");
        Assert.Equal(0, await CountAsync(replicas, "declined"));

        // The mark of a forwarded request doesn't lift the limit.
        using var forged = new HttpClient { BaseAddress = replicas[0].Http.BaseAddress };
        forged.DefaultRequestHeaders.Add("X-API-Key", "predict");
        forged.DefaultRequestHeaders.Add("X-Model-Service-Forwarded", "1");
        var limited = 0;
        for (var request = 0; request <= 2 * Requests && limited == 0; request++)
        {
            using var body = Bodies.Json(Networks.InputJson());
            using var answer = await forged.PostAsync($"/v1/models/{names[0]}/predict", body, Token);
            limited += answer.StatusCode == HttpStatusCode.TooManyRequests ? 1 : 0;
        }

        Assert.Equal(1, limited);
    }

    [Fact]
    public async Task Call_OfAModelWhoseServerFails_IsAnsweredHere()
    {
        var database = postgres.CreateDatabase();
        using var replicas = new Replicas(database);
        await replicas.StartWithAddressesAsync(1, Budget, OneCopy);
        var names = await CreateAsync(replicas[0].Api, 12);
        await using var other = await OtherServer.StartAsync();
        await other.EnterAsync(database);
        await Eventually.GetAsync(
            () => replicas[0].Api.GetAsync("/metrics"),
            answer => Metric(answer.Text, "servers") == 2
        );
        using var calls = replicas.Call(0);

        // It breaks, or doesn't speak the protocol: this server still has the message.
        foreach (var behavior in new[] { OtherServer.Break, OtherServer.Answer })
        {
            other.Requests.Clear();
            other.Behavior = behavior;
            foreach (var name in names)
                Assert.Equal(name, (await calls.InferAsync(Calls.Tensor(name))).ModelName);
            Assert.InRange(other.Requests.Count, 1, names.Count - 1);
        }

        // It says that the request is wrong: that is the answer.
        foreach (
            var (status, code) in new[]
            {
                (StatusCode.InvalidArgument, "input_mismatch"),
                (StatusCode.ResourceExhausted, "image_too_large"),
            }
        )
        {
            other.Behavior = http => OtherServer.FailAsync(http, status, code);
            var failed = new List<RpcException>();
            foreach (var name in names)
            {
                if (await Record.ExceptionAsync(() => calls.InferAsync(Calls.Tensor(name))) is RpcException exception)
                    failed.Add(exception);
            }

            Assert.InRange(failed.Count, 1, names.Count - 1);
            Assert.All(failed, error => Assert.Equal(status, error.StatusCode));
            Assert.All(failed, error => Assert.Equal(code, error.Trailers.GetValue("error-code")));
            Assert.All(failed, error => Assert.Equal("It says so.", error.Status.Detail));
        }

        // It has too much to do: this server answers, and goes on to do so.
        other.Behavior = http => OtherServer.FailAsync(http, StatusCode.Unavailable, "overloaded");
        other.Requests.Clear();
        for (var round = 0; round < 2; round++)
        {
            foreach (var name in names)
                await calls.InferAsync(Calls.Tensor(name));
            Assert.InRange(other.Requests.Count, 1, names.Count - 1);
        }
    }

    [Fact]
    public async Task Address_ThatIsNone_IsRefusedAtTheStart()
    {
        using var data = new TemporaryFolder();
        foreach (var address in new[] { "10.0.0.1:8080", "ftp://10.0.0.1", "http://10.0.0.1/models" })
        {
            var (exitCode, error) = await ServerProcess.RunAsync(
                data.Path,
                $"--ModelService:Cluster:Address={address}",
                "--ModelService:Storage:Kind=postgres",
                "--ModelService:Storage:Connection=Host=none"
            );
            Assert.Equal(1, exitCode);
            Assert.Contains("ModelService:Cluster:Address", error, StringComparison.Ordinal);
        }

        var (code, reason) = await ServerProcess.RunAsync(data.Path, "--ModelService:Cluster:Address=http://10.0.0.1");
        Assert.Equal(1, code);
        Assert.Contains("needs ModelService:Storage:Kind=postgres", reason, StringComparison.Ordinal);
    }

    // The scores of each model, as the first of four requests has them: HTTP, a call, a call of many, and a wrong one.
    private static async Task<IReadOnlyList<string>> InferAllAsync(
        Replicas replicas,
        int server,
        IReadOnlyList<string> names
    )
    {
        List<string> scores = [];
        using var calls = replicas.Call(server, "predict");
        var api = replicas[server].With("predict");
        using var stream = calls.Stream();
        foreach (var name in names)
        {
            var predicted = (await api.PredictAsync(name, Networks.InputJson())).Prediction();
            var expected = predicted.GetProperty("probabilities").EnumerateArray().Select(score => score.GetSingle());
            var called = await calls.InferAsync(Calls.Tensor(name));
            await stream.RequestStream.WriteAsync(Calls.Tensor(name), Token);
            Assert.True(await stream.ResponseStream.MoveNext(Token));
            var streamed = stream.ResponseStream.Current;
            Assert.Equal("", streamed.ErrorMessage);
            foreach (var answer in new[] { called, streamed.InferResponse })
            {
                Assert.Equal(name, answer.ModelName);
                Assert.Equal(expected, Calls.Numbers(answer)[1]);
            }

            var wrong = Calls.Tensor(name);
            wrong.Inputs[0].Shape[3] = 31;
            var error = await Calls.FailsAsync(StatusCode.InvalidArgument, calls.InferAsync(wrong));
            Assert.NotNull(error.Trailers.GetValue("error-code"));
            scores.Add(predicted.GetProperty("probabilities").GetRawText());
        }

        return scores;
    }

    private static async Task<List<string>> CreateAsync(ApiClient server, int count)
    {
        List<string> names = [.. Enumerable.Range(1, count).Select(index => $"model-{index}")];
        foreach (var (index, name) in names.Index())
            await server.CreateAsync(Networks.Model(name, Network, $"\"seed\":{index}"));
        return names;
    }

    // The scores of each model, which must be the same through all servers.
    private static async Task<IReadOnlyList<string>> PredictAllAsync(
        IReadOnlyList<ServerProcess> servers,
        IReadOnlyList<string> names
    )
    {
        List<string> scores = [];
        foreach (var name in names)
        {
            List<string> found = [];
            foreach (var server in servers)
            {
                var answer = await server.Api.PredictAsync(name, Networks.InputJson());
                found.Add(answer.Prediction().GetProperty("probabilities").GetRawText());
            }

            scores.Add(Assert.Single(found.Distinct()));
        }

        Assert.Equal(names.Count, scores.Distinct().Count());
        return scores;
    }

    private static Task<IReadOnlyList<string>> PredictAllAsync(Replicas replicas, IReadOnlyList<string> names) =>
        PredictAllAsync(replicas.Servers, names);

    private static async Task<List<Answer>> SendAllAsync(ServerProcess server, IEnumerable<string> names)
    {
        List<Answer> answers = [];
        foreach (var name in names)
        {
            using var body = Bodies.Json(Networks.InputJson());
            body.Headers.TryAddWithoutValidation("X-Client", "someone");
            answers.Add(await server.Api.PredictAsync(name, body));
        }

        return answers;
    }

    private static string Infer(int count) =>
        JsonSerializer.Serialize(
            new
            {
                inputs = new[]
                {
                    new
                    {
                        name = "input",
                        shape = new[] { count, 3, 32, 32 },
                        datatype = "FP32",
                        data = new float[count * 3 * 32 * 32],
                    },
                },
            }
        );

    private static async Task<double> CountAsync(Replicas replicas, string result)
    {
        var sum = 0.0;
        foreach (var server in replicas.Servers.Where(server => !server.HasExited))
            sum += Metric((await server.With("metrics").GetAsync("/metrics")).Text, $"result=\"{result}\"");
        return sum;
    }

    private static double Metric(string text, string part) =>
        text.Split('\n')
            .Where(line => !line.StartsWith('#') && line.Contains(part, StringComparison.Ordinal))
            .Where(line =>
                line.StartsWith("modelservice_cluster_", StringComparison.Ordinal)
                || line.StartsWith("modelservice_forwarded_", StringComparison.Ordinal)
            )
            .Select(line => double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture))
            .Single();

    // A server of the cluster that does as it is told.
    private sealed class OtherServer : IAsyncDisposable
    {
        public const string Text = """{"other":true}""";

        private readonly WebApplication app;

        private OtherServer(WebApplication app) => this.app = app;

        public Func<HttpContext, Task> Behavior { get; set; } = Answer;

        /// <summary>The headers of the requests that came.</summary>
        public ConcurrentQueue<Dictionary<string, string>> Requests { get; } = new();

        public static async Task Answer(HttpContext http)
        {
            await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(Text, http.RequestAborted);
        }

        public static async Task Break(HttpContext http)
        {
            await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
            http.Abort();
        }

        // As a server of this kind ends a call.
        public static async Task FailAsync(HttpContext http, StatusCode status, string code)
        {
            await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
            http.Response.ContentType = "application/grpc-web";
            http.Response.Headers["grpc-status"] = $"{(int)status}";
            http.Response.Headers["grpc-message"] = "It says so.";
            http.Response.Headers["error-code"] = code;
        }

        public static Task Decline(HttpContext http)
        {
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return Task.CompletedTask;
        }

        public static async Task<OtherServer> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var server = new OtherServer(app);
            app.Run(http =>
            {
                server.Requests.Enqueue(http.Request.Headers.ToDictionary(pair => pair.Key, pair => $"{pair.Value}"));
                return server.Behavior(http);
            });
            await app.StartAsync(Token);
            return server;
        }

        // Makes itself known as a server that lives and has reached all changes.
        public async Task EnterAsync(string database)
        {
            await using var source = NpgsqlDataSource.Create(database);
            await using var command = source.CreateCommand(
                """
                insert into servers (id, name, reached, address, seen)
                values (gen_random_uuid(), 'other', 1000000, $1, now() + interval '1 hour')
                """
            );
            command.Parameters.Add(new NpgsqlParameter { Value = new Uri(app.Urls.Single()).ToString() });
            await command.ExecuteNonQueryAsync(Token);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
