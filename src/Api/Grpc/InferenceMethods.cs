using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using ModelService.Api.Auth;
using ModelService.Api.Protection;
using ModelService.Protocol;

namespace ModelService.Api.Grpc;

/// <summary>
/// The calls, and who may make them. They are bound by hand because generated code reads any message that arrives:
/// <see cref="MessageSize"/> checks it first, and fields that nobody knows are left out.
/// </summary>
/// <param name="failures">Turns exceptions into statuses.</param>
internal sealed class InferenceMethods(GrpcFailures failures) : IServiceMethodProvider<InferenceService>
{
    /// <summary>The name of the service.</summary>
    public const string Service = "inference.GRPCInferenceService";

    /// <summary>Infers.</summary>
    public static Method<ModelInferRequest, ModelInferResponse> ModelInfer { get; } =
        Create(nameof(ModelInfer), ModelInferRequest.Parser, ModelInferResponse.Parser);

    /// <summary>Infers, with many requests in one call.</summary>
    public static Method<ModelInferRequest, ModelStreamInferResponse> ModelStreamInfer { get; } =
        Create(
            nameof(ModelStreamInfer),
            ModelInferRequest.Parser,
            ModelStreamInferResponse.Parser,
            MethodType.DuplexStreaming
        );

    /// <summary>Creates a call.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="request">Reads its request.</param>
    /// <param name="response">Reads its response.</param>
    /// <param name="type">Whether it is one request or a stream.</param>
    public static Method<TRequest, TResponse> Create<TRequest, TResponse>(
        string name,
        MessageParser<TRequest> request,
        MessageParser<TResponse> response,
        MethodType type = MethodType.Unary
    )
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        new(type, Service, name, CreateMarshaller(request), CreateMarshaller(response));

    /// <inheritdoc/>
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<InferenceService> context)
    {
        var anyone = new AllowAnonymousAttribute();
        var readers = new AuthorizeAttribute(Scopes.Read);
        var predictors = new AuthorizeAttribute(Scopes.Predict);
        var managers = new AuthorizeAttribute(Scopes.Manage);

        Add(
            "ServerLive",
            ServerLiveRequest.Parser,
            ServerLiveResponse.Parser,
            (_, _, _) => InferenceService.ServerLive(),
            anyone
        );
        Add(
            "ServerReady",
            ServerReadyRequest.Parser,
            ServerReadyResponse.Parser,
            (s, _, c) => s.ServerReady(c),
            anyone
        );
        Add(
            "ServerMetadata",
            ServerMetadataRequest.Parser,
            ServerMetadataResponse.Parser,
            (_, _, _) => InferenceService.ServerMetadata(),
            readers
        );
        Add("ModelReady", ModelReadyRequest.Parser, ModelReadyResponse.Parser, (s, r, _) => s.ModelReady(r), readers);
        Add(
            "ModelMetadata",
            ModelMetadataRequest.Parser,
            ModelMetadataResponse.Parser,
            (s, r, _) => s.ModelMetadata(r),
            readers
        );
        Add(
            "ModelConfig",
            ModelConfigRequest.Parser,
            ModelConfigResponse.Parser,
            (s, r, _) => s.ModelConfig(r),
            readers
        );
        Add(
            "ModelStatistics",
            ModelStatisticsRequest.Parser,
            ModelStatisticsResponse.Parser,
            (s, r, _) => s.ModelStatistics(r),
            readers
        );
        Add(
            "RepositoryIndex",
            RepositoryIndexRequest.Parser,
            RepositoryIndexResponse.Parser,
            (s, r, _) => s.RepositoryIndex(r),
            readers
        );
        Add(
            "RepositoryModelLoad",
            RepositoryModelLoadRequest.Parser,
            RepositoryModelLoadResponse.Parser,
            (s, r, c) => s.RepositoryModelLoad(r, c),
            managers,
            new RequestTimeoutAttribute(RequestLimits.Upload)
        );
        Add(
            "RepositoryModelUnload",
            RepositoryModelUnloadRequest.Parser,
            RepositoryModelUnloadResponse.Parser,
            (s, r, c) => s.RepositoryModelUnload(r, c),
            managers
        );
        context.AddUnaryMethod(
            ModelInfer,
            Metadata(predictors),
            Guard<ModelInferRequest, ModelInferResponse>((service, request, call) => service.ModelInfer(request, call))
        );

        // A stream lasts as long as its client wants; each of its requests has a time limit.
        context.AddDuplexStreamingMethod(
            ModelStreamInfer,
            Metadata(predictors, new DisableRequestTimeoutAttribute()),
            (service, requests, answers, call) =>
                failures.RunAsync(call, () => service.Stream.RunAsync(requests, answers, call))
        );

        void Add<TRequest, TResponse>(
            string name,
            MessageParser<TRequest> request,
            MessageParser<TResponse> response,
            UnaryServerMethod<InferenceService, TRequest, TResponse> call,
            params object[] metadata
        )
            where TRequest : class, IMessage<TRequest>, new()
            where TResponse : class, IMessage<TResponse>, new() =>
            context.AddUnaryMethod(Create(name, request, response), Metadata(metadata), Guard(call));
    }

    private UnaryServerMethod<InferenceService, TRequest, TResponse> Guard<TRequest, TResponse>(
        UnaryServerMethod<InferenceService, TRequest, TResponse> call
    )
        where TRequest : class
        where TResponse : class =>
        async (service, request, context) =>
        {
            TResponse? response = null;
            await failures.RunAsync(context, async () => response = await call(service, request, context));
            return response!;
        };

    private static List<object> Metadata(params object[] metadata) =>
        [.. metadata, new HttpMethodMetadata([HttpMethods.Post])];

    private static Marshaller<T> CreateMarshaller<T>(MessageParser<T> parser)
        where T : class, IMessage<T>, new()
    {
        var reader = parser.WithDiscardUnknownFields(true);
        var type = new T().Descriptor;
        return new Marshaller<T>(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => Read(reader, type, context)
        );
    }

    private static T Read<T>(MessageParser<T> reader, MessageDescriptor type, DeserializationContext context)
        where T : class, IMessage<T>, new()
    {
        var bytes = context.PayloadAsReadOnlySequence();
        try
        {
            if (MessageSize.IsWithinLimits(bytes, type))
                return reader.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            // Said below: the position in the bytes would help nobody.
        }

        throw new RpcException(
            new Status(
                StatusCode.InvalidArgument,
                $"The message can't be read, has more than {MessageSize.MaxObjects} parts, or too many integers. "
                    + "Numbers belong into raw_input_contents or fp32_contents."
            )
        );
    }
}
