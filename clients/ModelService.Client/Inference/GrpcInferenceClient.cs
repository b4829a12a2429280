using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using ModelService.Protocol;

namespace ModelService.Client;

/// <summary>Speaks the Open Inference Protocol over gRPC. Tensors travel as raw contents.</summary>
public sealed class GrpcInferenceClient : IInferenceClient, IDisposable
{
    private readonly GrpcChannel channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient calls;
    private readonly Metadata headers = [];

    /// <summary>Creates it.</summary>
    /// <param name="address">The server's address. Without TLS it must be a port that speaks HTTP/2 alone.</param>
    /// <param name="apiKey">The API key; null: none.</param>
    /// <param name="retries">How often a call is repeated that was refused because too much waits.</param>
    public GrpcInferenceClient(Uri address, string? apiKey = null, int retries = 5)
    {
        var options = new GrpcChannelOptions { MaxReceiveMessageSize = null };
        if (retries > 0)
        {
            // It waits as long as the server's trailer grpc-retry-pushback-ms says, where the answer has one.
            options.MaxRetryAttempts = retries + 1;
            options.ServiceConfig = new ServiceConfig
            {
                MethodConfigs =
                {
                    new MethodConfig
                    {
                        Names = { MethodName.Default },
                        RetryPolicy = new RetryPolicy
                        {
                            MaxAttempts = retries + 1,
                            InitialBackoff = TimeSpan.FromMilliseconds(200),
                            MaxBackoff = TimeSpan.FromSeconds(10),
                            BackoffMultiplier = 2,
                            RetryableStatusCodes = { StatusCode.Unavailable },
                        },
                    },
                },
            };
        }

        channel = GrpcChannel.ForAddress(address, options);
        calls = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        if (apiKey is not null)
            headers.Add("x-api-key", apiKey);
    }

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    /// <inheritdoc/>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken = default)
    {
        var answer = await CallAsync(calls.ServerReadyAsync(new ServerReadyRequest(), Options(cancellationToken)));
        return answer.Ready;
    }

    /// <inheritdoc/>
    public async Task<bool> IsModelReadyAsync(
        string model,
        string? version = null,
        CancellationToken cancellationToken = default
    )
    {
        var request = new ModelReadyRequest { Name = model, Version = version ?? "" };
        try
        {
            return (await CallAsync(calls.ModelReadyAsync(request, Options(cancellationToken)))).Ready;
        }
        catch (ModelServiceException exception) when (exception.Status == System.Net.HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<ServerMetadata> GetServerAsync(CancellationToken cancellationToken = default)
    {
        var answer = await CallAsync(
            calls.ServerMetadataAsync(new ServerMetadataRequest(), Options(cancellationToken))
        );
        return new ServerMetadata(answer.Name, answer.Version, [.. answer.Extensions]);
    }

    /// <inheritdoc/>
    public async Task<ModelMetadata> GetModelAsync(
        string model,
        string? version = null,
        CancellationToken cancellationToken = default
    )
    {
        var request = new ModelMetadataRequest { Name = model, Version = version ?? "" };
        var answer = await CallAsync(calls.ModelMetadataAsync(request, Options(cancellationToken)));
        return new ModelMetadata(
            answer.Name,
            [.. answer.Versions],
            answer.Platform,
            [.. answer.Inputs.Select(Describe)],
            [.. answer.Outputs.Select(Describe)]
        );
    }

    /// <inheritdoc/>
    public async Task<InferenceResult> InferAsync(
        InferenceRequest request,
        CancellationToken cancellationToken = default
    )
    {
        var options = Options(cancellationToken);
        if (request.Timeout is { } timeout)
            options = options.WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime + timeout);
        return InferenceMessages.Read(
            await CallAsync(calls.ModelInferAsync(InferenceMessages.Write(request), options))
        );
    }

    /// <inheritdoc/>
    public Task LoadAsync(string model, CancellationToken cancellationToken = default) =>
        CallAsync(
            calls.RepositoryModelLoadAsync(
                new RepositoryModelLoadRequest { ModelName = model },
                Options(cancellationToken)
            )
        );

    /// <inheritdoc/>
    public Task UnloadAsync(string model, CancellationToken cancellationToken = default) =>
        CallAsync(
            calls.RepositoryModelUnloadAsync(
                new RepositoryModelUnloadRequest { ModelName = model },
                Options(cancellationToken)
            )
        );

    private static TensorMetadata Describe(ModelMetadataResponse.Types.TensorMetadata tensor) =>
        new(tensor.Name, tensor.Datatype, [.. tensor.Shape]);

    private static async Task<T> CallAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException exception)
            when (exception.StatusCode == StatusCode.Cancelled
                && exception.InnerException is OperationCanceledException cancelled
            )
        {
            throw new OperationCanceledException(exception.Message, exception, cancelled.CancellationToken);
        }
        catch (RpcException exception)
        {
            throw GrpcErrors.ToException(exception);
        }
    }

    private CallOptions Options(CancellationToken cancellationToken) =>
        new(headers, cancellationToken: cancellationToken);
}
