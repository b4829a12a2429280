using Grpc.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.OpenInference;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Protocol;

namespace ModelService.Api.Grpc;

/// <summary>The calls of the protocol, each with the same services as its REST endpoint.</summary>
internal sealed class InferenceService(
    Inference inference,
    MessageInference messages,
    Repository repository,
    ModelCatalog catalog,
    HealthCheckService health,
    TimeProvider clock,
    IOptions<LimitsOptions> limits,
    InferenceStream stream
)
{
    /// <summary>The call that has many requests.</summary>
    public InferenceStream Stream => stream;

    /// <summary>Whether the server is alive.</summary>
    public static Task<ServerLiveResponse> ServerLive() => Task.FromResult(new ServerLiveResponse { Live = true });

    /// <summary>Whether the server can predict.</summary>
    public async Task<ServerReadyResponse> ServerReady(ServerCallContext context)
    {
        var report = await health.CheckHealthAsync(context.CancellationToken);
        return new ServerReadyResponse { Ready = report.Status != HealthStatus.Unhealthy };
    }

    /// <summary>What the server tells of itself.</summary>
    public static Task<ServerMetadataResponse> ServerMetadata() => Task.FromResult(ServerDescription.This.ToMessage());

    /// <summary>Whether a model answers.</summary>
    public Task<ModelReadyResponse> ModelReady(ModelReadyRequest request)
    {
        var found = inference.Find(request.Name, request.Version).OrThrow();
        return Task.FromResult(new ModelReadyResponse { Ready = found.Version.Current.IsServable });
    }

    /// <summary>A model's inputs and outputs.</summary>
    public Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request)
    {
        var found = inference.Find(request.Name, request.Version).OrThrow();
        return Task.FromResult(ModelDescription.Create(found).ToMessage());
    }

    /// <summary>A model's configuration.</summary>
    public Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request)
    {
        var found = inference.Find(request.Name, request.Version).OrThrow();
        return Task.FromResult(
            new ModelConfigResponse { Config = ModelConfiguration.Create(found, limits.Value.MaxInputs).ToMessage() }
        );
    }

    /// <summary>The counts of one model, or of all.</summary>
    public Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request) =>
        Task.FromResult(
            (
                request.Name.Length == 0
                    ? StatisticsResponse.CreateAll(catalog, clock)
                    : StatisticsResponse.Create([inference.Find(request.Name, request.Version).OrThrow()], clock)
            ).ToMessage()
        );

    /// <summary>Infers.</summary>
    public async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        (await messages.InferAsync(request, context, context.CancellationToken)).OrThrow();

    /// <summary>Lists models.</summary>
    public Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request)
    {
        CheckRepository(request.RepositoryName);
        return Task.FromResult(repository.List(request.Ready).ToMessage());
    }

    /// <summary>Loads a model.</summary>
    public async Task<RepositoryModelLoadResponse> RepositoryModelLoad(
        RepositoryModelLoadRequest request,
        ServerCallContext context
    )
    {
        Audit.SetModel(context.GetHttpContext(), request.ModelName);
        CheckRepository(request.RepositoryName);
        await repository.LoadAsync(
            request.ModelName,
            ParameterMessages.Read(request.Parameters),
            file => ParameterMessages.ReadFile(file, request.Parameters[file]),
            context.CancellationToken
        );
        return new RepositoryModelLoadResponse();
    }

    /// <summary>Unloads a model.</summary>
    public async Task<RepositoryModelUnloadResponse> RepositoryModelUnload(
        RepositoryModelUnloadRequest request,
        ServerCallContext context
    )
    {
        Audit.SetModel(context.GetHttpContext(), request.ModelName);
        CheckRepository(request.RepositoryName);
        await repository.UnloadAsync(request.ModelName);
        return new RepositoryModelUnloadResponse();
    }

    private static void CheckRepository(string name)
    {
        if (name.Length == 0)
            return;
        throw new ServingException(
            ErrorCode.NotFound,
            $"There is no repository '{Suggestions.Shorten(name)}'; leave repository_name (field 1) empty. The model's "
                + "name belongs into model_name (field 2)."
        );
    }
}
