using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using ModelService.Api.Tests.Support;
using ModelService.Protocol;

namespace ModelService.Api.Tests.Grpc;

/// <summary>All calls but inferences: they tell what REST tells.</summary>
public sealed class ServerCallTests(ApiServer server) : IDisposable
{
    private readonly Lazy<Calls> calls = new(() => new Calls(server));

    public void Dispose()
    {
        if (calls.IsValueCreated)
            calls.Value.Dispose();
    }

    [Fact]
    public async Task Server_HealthAndMetadata_AreThoseOfRest()
    {
        var metadata = await CallAsync<ServerMetadataRequest, ServerMetadataResponse>("ServerMetadata", new());

        Assert.True((await CallAsync<ServerLiveRequest, ServerLiveResponse>("ServerLive", new())).Live);
        Assert.True((await CallAsync<ServerReadyRequest, ServerReadyResponse>("ServerReady", new())).Ready);
        var expected = (await server.Api.GetAsync("/v2")).Ok();
        Assert.Equal(expected.GetProperty("name").GetString(), metadata.Name);
        Assert.Equal(expected.GetProperty("version").GetString(), metadata.Version);
        Assert.Equal(expected.GetProperty("extensions").Texts(), metadata.Extensions);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    public async Task Model_MetadataConfigAndStatistics_AreThoseOfRest(string version)
    {
        await server.Api.EnsureAsync(Networks.Tiny("grpc-told"));
        await calls.Value.InferAsync(Calls.Tensor("grpc-told"));

        Assert.True(
            (
                await CallAsync<ModelReadyRequest, ModelReadyResponse>(
                    "ModelReady",
                    new() { Name = "grpc-told", Version = version }
                )
            ).Ready
        );
        var metadata = await CallAsync<ModelMetadataRequest, ModelMetadataResponse>(
            "ModelMetadata",
            new() { Name = "grpc-told", Version = version }
        );
        Assert.Equal(["1"], metadata.Versions);
        Assert.Equal(
            ["image BYTES -1", "input FP32 -1 3 32 32", "logits FP32 -1 4", "probabilities FP32 -1 4"],
            metadata
                .Inputs.Concat(metadata.Outputs)
                .Select(tensor => $"{tensor.Name} {tensor.Datatype} {string.Join(' ', tensor.Shape)}")
        );
        var configuration = await CallAsync<ModelConfigRequest, ModelConfigResponse>(
            "ModelConfig",
            new() { Name = "grpc-told", Version = version }
        );
        Assert.Equal((32, "torchsharp_json"), (configuration.Config.MaxBatchSize, configuration.Config.Platform));
        Assert.Equal(
            [DataType.TypeString, DataType.TypeFp32],
            configuration.Config.Input.Select(input => input.DataType)
        );
        var statistics = await CallAsync<ModelStatisticsRequest, ModelStatisticsResponse>(
            "ModelStatistics",
            new() { Name = "grpc-told", Version = version }
        );
        Assert.True(Assert.Single(statistics.ModelStats).InferenceCount > 0);
        var all = await CallAsync<ModelStatisticsRequest, ModelStatisticsResponse>("ModelStatistics", new());
        Assert.Contains(all.ModelStats, counts => counts.Name == "grpc-told");
    }

    // A server of its own: the one that these tests share has counted so many kinds of requests that it counts further
    // ones together.
    [Fact]
    public async Task Infer_ModelThatIsNotReady_IsCountedWithTheLabelsOfTheAlert()
    {
        await using var own = new ApiServer();
        using var calls = new Calls(own);
        var architecture = Fixtures.Json("weights", "lesson", "architecture.json").GetRawText();
        (await own.Api.PostAsync("/v1/models", $$"""{"name":"idle","architecture":{{architecture}}}""")).Ok(201);
        (await own.Api.PostAsync("/v1/models/idle/versions/1/unload", Bodies.Json(""))).Ok();

        await Calls.FailsAsync(StatusCode.Unavailable, calls.InferAsync(Calls.Tensor("idle")));

        // Over gRPC, every call is answered with 200. It is counted after its answer was sent.
        await Eventually.GetAsync(
            async () => (await own.Api.GetAsync("/metrics")).Text.Split('\n'),
            lines =>
                lines.Any(line =>
                    line.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal)
                    && line.Contains("code=\"model_not_ready\"", StringComparison.Ordinal)
                    && line.Contains("http_response_status_code=\"200\"", StringComparison.Ordinal)
                )
        );
    }

    [Fact]
    public async Task Repository_LoadWithConfigAndWeightsUnloadAndLoad_ChangeTheIndex()
    {
        var architecture = Fixtures.Json("weights", "lesson", "architecture.json").GetRawText();
        var load = new RepositoryModelLoadRequest { ModelName = "grpc-loaded" };
        load.Parameters["config"] = new() { StringParam = $$"""{"architecture":{{architecture}}}""" };
        load.Parameters["file:1/model.safetensors"] = new()
        {
            BytesParam = ByteString.CopyFrom(Fixtures.Bytes("weights", "lesson", "lesson.safetensors")),
        };

        await CallAsync<RepositoryModelLoadRequest, RepositoryModelLoadResponse>("RepositoryModelLoad", load);

        Assert.Equal("READY", await StateAsync());
        await CallAsync<RepositoryModelUnloadRequest, RepositoryModelUnloadResponse>(
            "RepositoryModelUnload",
            new() { ModelName = "grpc-loaded" }
        );
        Assert.Equal("UNAVAILABLE", await StateAsync());
        Assert.False(
            (await CallAsync<ModelReadyRequest, ModelReadyResponse>("ModelReady", new() { Name = "grpc-loaded" })).Ready
        );
        await Calls.FailsAsync(StatusCode.Unavailable, calls.Value.InferAsync(Calls.Tensor("grpc-loaded")));
        await CallAsync<RepositoryModelLoadRequest, RepositoryModelLoadResponse>(
            "RepositoryModelLoad",
            new() { ModelName = "grpc-loaded" }
        );
        Assert.Equal("READY", await StateAsync());
    }

    [Fact]
    public async Task Health_OfTheServerAndTheService_IsServing()
    {
        var check = new Method<HealthCheckRequest, HealthCheckResponse>(
            MethodType.Unary,
            "grpc.health.v1.Health",
            "Check",
            Marshallers.Create(message => message.ToByteArray(), HealthCheckRequest.Parser.ParseFrom),
            Marshallers.Create(message => message.ToByteArray(), HealthCheckResponse.Parser.ParseFrom)
        );

        foreach (var service in new[] { "", "inference.GRPCInferenceService" })
        {
            var answer = await calls.Value.CallAsync(check, new HealthCheckRequest { Service = service });
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
        }

        await Calls.FailsAsync(
            StatusCode.NotFound,
            calls.Value.CallAsync(check, new HealthCheckRequest { Service = "another" })
        );
    }

    [Fact]
    public async Task Reflection_InDevelopmentAlone_ListsTheServices()
    {
        var list = new ServerReflectionRequest { ListServices = "" };
        var method = new Method<ServerReflectionRequest, ServerReflectionResponse>(
            MethodType.DuplexStreaming,
            "grpc.reflection.v1.ServerReflection",
            "ServerReflectionInfo",
            Marshallers.Create(message => message.ToByteArray(), ServerReflectionRequest.Parser.ParseFrom),
            Marshallers.Create(message => message.ToByteArray(), ServerReflectionResponse.Parser.ParseFrom)
        );

        var described = await calls.Value.FirstAsync(method, list);

        Assert.Contains(
            "inference.GRPCInferenceService",
            described.ListServicesResponse.Service.Select(service => service.Name)
        );
        await using var production = new ApiServer
        {
            Settings = new() { ["environment"] = "Production", ["ModelService:Auth:Required"] = "false" },
        };
        using var others = new Calls(production);
        await Calls.FailsAsync(StatusCode.Unimplemented, others.FirstAsync(method, list));
    }

    [Theory]
    [InlineData("SystemSharedMemoryStatus")]
    [InlineData("TraceSetting")]
    [InlineData("LogSettings")]
    public async Task Call_WhatIsNotOffered_IsUnimplemented(string name) =>
        await Calls.FailsAsync(StatusCode.Unimplemented, CallAsync<ServerLiveRequest, ServerLiveResponse>(name, new()));

    private Task<TResponse> CallAsync<TRequest, TResponse>(string name, TRequest request)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        calls.Value.CallAsync<TRequest, TResponse>(name, request);

    private async Task<string> StateAsync() =>
        (await CallAsync<RepositoryIndexRequest, RepositoryIndexResponse>("RepositoryIndex", new()))
            .Models.First(model => model.Name == "grpc-loaded")
            .State;
}
