using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Auth;
using ModelService.Api.Cluster;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Auth;

/// <summary>Every endpoint there is: who may use it, and that no one else can.</summary>
public sealed class EndpointScopeTests(EndpointScopeTests.KeyedServer keyed)
    : IClassFixture<EndpointScopeTests.KeyedServer>
{
    private const string Open = "",
        Predict = "predict",
        Manage = "manage",
        Train = "train",
        Metrics = "metrics",
        Admin = "admin",
        Read = "predict or manage",
        TrainOrManage = "train or manage",
        Any = "predict or manage or train or metrics or admin";

    private const string Call = "POST inference.GRPCInferenceService/";

    // An endpoint that is not here fails the test: whoever adds one decides who may use it.
    private static readonly Dictionary<string, string> Expected = new()
    {
        ["GET v1/architectures"] = Read,
        ["GET v1/architectures/{name}"] = Read,
        ["POST v1/architectures/analyze"] = Manage,
        ["GET v1/layers"] = Read,
        ["GET v1/key"] = Any,
        ["GET v1/audit"] = Admin,
        ["GET v1/keys"] = Admin,
        ["POST v1/keys"] = Admin,
        ["DELETE v1/keys/{name}"] = Admin,
        ["GET v1/schemas/architecture"] = Open,
        ["POST v1/models"] = Manage,
        ["GET v1/models"] = Read,
        ["GET v1/models/{name}"] = Read,
        ["PATCH v1/models/{name}"] = Manage,
        ["DELETE v1/models/{name}"] = Manage,
        ["GET v1/models/{name}/architecture"] = Read,
        ["POST v1/models/{name}/versions"] = Manage,
        ["GET v1/models/{name}/versions"] = Read,
        ["GET v1/models/{name}/versions/{version:int}"] = Read,
        ["DELETE v1/models/{name}/versions/{version:int}"] = Manage,
        ["POST v1/models/{name}/versions/{version:int}/load"] = Manage,
        ["POST v1/models/{name}/versions/{version:int}/unload"] = Manage,
        ["POST v1/models/{name}/versions/{version:int}/quantize"] = Manage,
        ["GET v1/quantizations"] = Manage,
        ["GET v1/quantizations/{quantization}"] = Manage,
        ["DELETE v1/quantizations/{quantization}"] = Manage,
        ["POST v1/quantizations/{quantization}/cancel"] = Manage,
        ["POST v1/models/{name}/weights/check"] = Manage,
        ["PUT v1/models/{name}/versions/{version:int}/weights"] = Manage,
        ["GET v1/models/{name}/versions/{version:int}/weights"] = Manage,
        ["POST v1/models/{name}/predict"] = Predict,
        ["POST v1/models/{name}/versions/{version:int}/predict"] = Predict,
        ["POST v1/models/{name}/versions/{version:int}/evaluations"] = Train,
        ["GET v1/models/{name}/versions/{version:int}/evaluations"] = TrainOrManage,
        ["GET v1/models/{name}/versions/{version:int}/evaluations/{evaluation}"] = TrainOrManage,
        ["DELETE v1/models/{name}/versions/{version:int}/evaluations/{evaluation}"] = Train,
        ["POST v1/models/{name}/versions/{version:int}/evaluations/{evaluation}/cancel"] = Train,
        ["GET v1/models/{name}/versions/{version:int}/evaluations/{evaluation}/images"] = TrainOrManage,
        ["GET v1/models/{name}/versions/{version:int}/evaluations/{evaluation}/report"] = TrainOrManage,
        ["GET v1/models/{name}/versions/{version:int}/evaluations/{evaluation}/comparison"] = TrainOrManage,
        ["POST v1/models/{name}/trainings"] = Train,
        ["GET v1/models/{name}/trainings"] = TrainOrManage,
        ["GET v1/trainings"] = TrainOrManage,
        ["GET v1/trainings/{training}"] = TrainOrManage,
        ["DELETE v1/trainings/{training}"] = Train,
        ["GET v1/trainings/{training}/events"] = TrainOrManage,
        ["GET v1/trainings/{training}/history"] = TrainOrManage,
        ["POST v1/trainings/{training}/cancel"] = Train,
        ["POST v1/datasets"] = Train,
        ["GET v1/datasets"] = Train,
        ["GET v1/datasets/{name}"] = Train,
        ["DELETE v1/datasets/{name}"] = Train,
        ["POST v1/datasets/{name}/images"] = Train,
        ["GET v1/datasets/{name}/images"] = Train,
        ["GET v1/datasets/{name}/images/{id}"] = Train,
        ["GET v1/datasets/{name}/images/{id}/thumbnail"] = Train,
        ["PATCH v1/datasets/{name}/images/{id}"] = Train,
        ["DELETE v1/datasets/{name}/images/{id}"] = Train,
        ["POST v1/models/{name}/explain"] = Predict,
        ["POST v1/models/{name}/versions/{version:int}/explain"] = Predict,
        ["POST v1/models/{name}/features"] = Predict,
        ["POST v1/models/{name}/versions/{version:int}/features"] = Predict,
        ["GET v1/models/{name}/layers/{layer}/filters"] = Predict,
        ["GET v1/models/{name}/versions/{version:int}/layers/{layer}/filters"] = Predict,
        ["POST v1/architectures/features"] = Manage,
        ["GET v2/health/live"] = Open,
        ["GET v2/health/ready"] = Open,
        ["GET v2/"] = Read,
        ["GET v2/models/stats"] = Read,
        ["GET v2/models/{name}"] = Read,
        ["GET v2/models/{name}/ready"] = Read,
        ["GET v2/models/{name}/config"] = Read,
        ["GET v2/models/{name}/stats"] = Read,
        ["POST v2/models/{name}/infer"] = Predict,
        ["GET v2/models/{name}/versions/{version}"] = Read,
        ["GET v2/models/{name}/versions/{version}/ready"] = Read,
        ["GET v2/models/{name}/versions/{version}/config"] = Read,
        ["GET v2/models/{name}/versions/{version}/stats"] = Read,
        ["POST v2/models/{name}/versions/{version}/infer"] = Predict,
        ["POST v2/repository/index"] = Read,
        ["POST v2/repository/models/{name}/load"] = Manage,
        ["POST v2/repository/models/{name}/unload"] = Manage,
        [$"{Call}ServerLive"] = Open,
        [$"{Call}ServerReady"] = Open,
        [$"{Call}ServerMetadata"] = Read,
        [$"{Call}ModelReady"] = Read,
        [$"{Call}ModelMetadata"] = Read,
        [$"{Call}ModelConfig"] = Read,
        [$"{Call}ModelStatistics"] = Read,
        [$"{Call}ModelInfer"] = Predict,
        [$"{Call}ModelStreamInfer"] = Predict,
        [$"{Call}RepositoryIndex"] = Read,
        [$"{Call}RepositoryModelLoad"] = Manage,
        [$"{Call}RepositoryModelUnload"] = Manage,
        ["POST grpc.health.v1.Health/Check"] = Open,
        ["POST grpc.health.v1.Health/Watch"] = Open,
        ["GET swagger/open-inference.json"] = Open,
        ["GET health/live"] = Open,
        ["GET health/ready"] = Open,
        ["GET metrics"] = Metrics,
    };

    // Requests that are no change, although their method could make one. All others are audited.
    private static readonly string[] ChangeNothing =
    [
        "POST v1/architectures/analyze",
        "POST v1/architectures/features",
        "POST v1/models/{name}/weights/check",
        "POST v1/models/{name}/predict",
        "POST v1/models/{name}/versions/{version:int}/predict",
        "POST v1/models/{name}/explain",
        "POST v1/models/{name}/versions/{version:int}/explain",
        "POST v1/models/{name}/features",
        "POST v1/models/{name}/versions/{version:int}/features",
        "POST v2/models/{name}/infer",
        "POST v2/models/{name}/versions/{version}/infer",
        "POST v2/repository/index",
        $"{Call}ServerLive",
        $"{Call}ServerReady",
        $"{Call}ServerMetadata",
        $"{Call}ModelReady",
        $"{Call}ModelMetadata",
        $"{Call}ModelConfig",
        $"{Call}ModelStatistics",
        $"{Call}ModelInfer",
        $"{Call}ModelStreamInfer",
        $"{Call}RepositoryIndex",
        "POST grpc.health.v1.Health/Check",
        "POST grpc.health.v1.Health/Watch",
    ];

    private readonly ApiServer server = keyed.Server;

    public static TheoryData<string> Names => [.. Expected.Keys];

    public static TheoryData<string> Closed =>
        [.. Expected.Where(endpoint => endpoint.Value != Open).Select(endpoint => endpoint.Key)];

    [Fact]
    public void Endpoints_All_AreKnownHere()
    {
        Assert.Equal(
            Expected.Keys.Order(StringComparer.Ordinal),
            Endpoints().Select(endpoint => endpoint.Name).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Endpoints_ThatMayChangeSomething_AreAudited()
    {
        var endpoints = Endpoints().ToList();

        Assert.Equal(
            Expected
                .Keys.Except(ChangeNothing)
                .Where(name => !name.StartsWith("GET ", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
            endpoints
                .Where(endpoint => Audit.Applies(endpoint.Name.Split(' ')[0], endpoint.Endpoint))
                .Select(endpoint => endpoint.Name)
                .Order(StringComparer.Ordinal)
        );
    }

    // What only predicts, with a model that the path names, may be forwarded to another server.
    [Fact]
    public void Endpoints_ThatRunAModel_AreThoseOfTheScopePredict()
    {
        var endpoints = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();
        var marked = endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<RunsModelAttribute>() is not null)
            .SelectMany(endpoint =>
                endpoint
                    .Metadata.GetRequiredMetadata<HttpMethodMetadata>()
                    .HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText!.TrimStart('/')}")
            );

        var expected = Expected
            .Where(pair => pair.Value == Predict && pair.Key.Contains("{name}", StringComparison.Ordinal))
            .Select(pair => pair.Key);
        Assert.Equal(expected.Order(StringComparer.Ordinal), marked.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Closed))]
    public async Task Send_NoKey_IsUnauthenticated(string endpoint)
    {
        var answer = await SendAsync(server.Api, endpoint);

        Refused(answer, endpoint, 401, "unauthenticated");
        Assert.Equal("Bearer", answer.Header("WWW-Authenticate"));
    }

    [Theory]
    [MemberData(nameof(Closed))]
    public async Task Send_WrongScope_IsForbiddenAndNamesTheScope(string endpoint)
    {
        var needed = Expected[endpoint];
        foreach (var other in new[] { "predict", "manage", "train", "metrics", "admin" }.Except(needed.Split(" or ")))
        {
            var answer = await SendAsync(server.With(other), endpoint);

            Assert.Contains(
                $"scope {needed} is required",
                Refused(answer, endpoint, 403, "forbidden"),
                StringComparison.Ordinal
            );
            Assert.Equal(
                "Bearer error=\"insufficient_scope\", scope=\""
                    + $"{needed.Replace(" or ", " ", StringComparison.Ordinal)}\"",
                answer.Header("WWW-Authenticate")
            );
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Send_RightScope_IsLetThrough(string endpoint)
    {
        foreach (var scope in Expected[endpoint].Split(" or "))
        {
            var answer = await SendAsync(scope == Open ? server.Api : server.With(scope), endpoint);

            // There is no such model, and no body; that is found out only behind the gate.
            Assert.Contains(answer.Status, new[] { 200, 400, 404, 415 });
        }
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "not_found")]
    [InlineData("PUT", "/v1/models", 405, "method_not_allowed")]
    public async Task Send_WhatIsNotThere_IsToldOnlyToHoldersOfKeys(string method, string path, int status, string code)
    {
        (await server.Api.SendAsync(new HttpMethod(method), path)).Problem(401, "unauthenticated");
        (await server.With("metrics").SendAsync(new HttpMethod(method), path)).Problem(status, code);
    }

    [Theory]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger/swagger-ui-bundle.js")]
    [InlineData("/swagger/v1/swagger.json")]
    [InlineData("/")]
    [InlineData("/app.js")]
    [InlineData("/styles/tokens.css")]
    public async Task Get_Pages_NeedNoKey(string path)
    {
        Assert.Equal(200, (await server.Api.GetAsync(path)).Status);
    }

    // Those of reflection are there in Development alone. The others answer calls that there are not.
    private IEnumerable<(string Name, RouteEndpoint Endpoint)> Endpoints() =>
        server
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.Select(endpoint => Assert.IsType<RouteEndpoint>(endpoint, exactMatch: false))
            .Where(endpoint => endpoint.Metadata.GetMetadata<StaticAssetDescriptor>() is null)
            .Where(endpoint => endpoint.RoutePattern.RawText != "{**path:file}") // console files made since the build
            .Where(endpoint => !endpoint.RoutePattern.RawText!.Contains("grpc.reflection", StringComparison.Ordinal))
            .Where(endpoint => endpoint.RoutePattern.GetParameter("unimplementedMethod") is null)
            .SelectMany(endpoint =>
                (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method =>
                    ($"{method} {endpoint.RoutePattern.RawText!.TrimStart('/')}", endpoint)
                )
            );

    // What a refusal says. The Open Inference Protocol has errors of its own form.
    private static string? Refused(Answer answer, string endpoint, int status, string code)
    {
        if (!endpoint.Contains(" v2/", StringComparison.Ordinal))
            return answer.Problem(status, code).GetProperty("detail").GetString();
        Assert.Equal((status, "application/json"), (answer.Status, answer.MediaType));
        return System.Text.Json.JsonElement.Parse(answer.Text).GetProperty("error").GetString();
    }

    private static Task<Answer> SendAsync(ApiClient api, string endpoint)
    {
        var (method, path) = (endpoint.Split(' ')[0], endpoint.Split(' ')[1]);
        return api.SendAsync(
            new HttpMethod(method),
            "/"
                + path.Replace("{name}", "any", StringComparison.Ordinal)
                    .Replace("{version:int}", "1", StringComparison.Ordinal)
        );
    }

    /// <summary>One server for all of them: none changes anything.</summary>
    public sealed class KeyedServer : IAsyncDisposable
    {
        internal ApiServer Server { get; } = new() { Settings = Keys.Settings };

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
