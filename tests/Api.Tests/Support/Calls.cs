using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using ModelService.Api.Grpc;
using ModelService.Protocol;

namespace ModelService.Api.Tests.Support;

/// <summary>Makes calls over gRPC.</summary>
internal sealed class Calls : IDisposable
{
    private readonly GrpcChannel channel;
    private readonly Metadata headers = [];

    /// <summary>Calls a server in the test's process.</summary>
    public Calls(ApiServer server, string? key = null, string? client = null)
        : this("http://localhost", server.Server.CreateHandler(), key)
    {
        if (client is not null)
            headers.Add("x-client", client);
    }

    /// <summary>Calls a server at an address, which speaks HTTP/2 without TLS.</summary>
    public Calls(Uri address, string? key = null)
        : this(address.ToString(), new SocketsHttpHandler(), key) { }

    private Calls(string address, HttpMessageHandler handler, string? key)
    {
        channel = GrpcChannel.ForAddress(
            address,
            new GrpcChannelOptions
            {
                HttpHandler = handler,
                DisposeHttpClient = true,
                MaxReceiveMessageSize = null,
            }
        );
        if (key is not null)
            headers.Add("x-api-key", key);
    }

    public void Dispose() => channel.Dispose();

    /// <summary>Makes a call of one request.</summary>
    public Task<TResponse> CallAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        TRequest request,
        TimeSpan? timeout = null,
        CancellationToken? cancellationToken = null
    )
        where TRequest : class
        where TResponse : class =>
        channel
            .CreateCallInvoker()
            .AsyncUnaryCall(method, null, Options(timeout, cancellationToken), request)
            .ResponseAsync;

    /// <summary>Makes a call of one request, by its name.</summary>
    public Task<TResponse> CallAsync<TRequest, TResponse>(string name, TRequest request)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        CallAsync(
            InferenceMethods.Create(
                name,
                new MessageParser<TRequest>(() => new TRequest()),
                new MessageParser<TResponse>(() => new TResponse())
            ),
            request
        );

    /// <summary>Infers.</summary>
    public Task<ModelInferResponse> InferAsync(ModelInferRequest request, TimeSpan? timeout = null) =>
        CallAsync(InferenceMethods.ModelInfer, request, timeout);

    /// <summary>Begins a call with many requests.</summary>
    public AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> Stream() =>
        channel
            .CreateCallInvoker()
            .AsyncDuplexStreamingCall(InferenceMethods.ModelStreamInfer, null, Options(null, null));

    /// <summary>The first answer of a call with many.</summary>
    public async Task<TResponse> FirstAsync<TRequest, TResponse>(Method<TRequest, TResponse> method, TRequest request)
        where TRequest : class
        where TResponse : class
    {
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, Options(null, null));
        await call.RequestStream.WriteAsync(request, TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return call.ResponseStream.Current;
    }

    /// <summary>The error that a call ends with.</summary>
    public static async Task<RpcException> FailsAsync(StatusCode status, Task call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.True(status == error.StatusCode, $"Not {status} but {error.Status}");
        return error;
    }

    /// <summary>A request for the small networks: one tensor.</summary>
    public static ModelInferRequest Tensor(string model, bool isRaw = true)
    {
        var request = new ModelInferRequest { ModelName = model };
        var tensor = new ModelInferRequest.Types.InferInputTensor
        {
            Name = "input",
            Datatype = "FP32",
            Shape = { 1, 3, 32, 32 },
        };
        request.Inputs.Add(tensor);
        if (isRaw)
            request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes(Networks.Input().AsSpan())));
        else
            tensor.Contents = new InferTensorContents { Fp32Contents = { Networks.Input() } };
        return request;
    }

    /// <summary>A request with one photo.</summary>
    public static ModelInferRequest Photo(string model, byte[] photo, bool isRaw)
    {
        var request = new ModelInferRequest { ModelName = model };
        var tensor = new ModelInferRequest.Types.InferInputTensor
        {
            Name = "image",
            Datatype = "BYTES",
            Shape = { 1 },
        };
        request.Inputs.Add(tensor);
        if (isRaw)
            request.RawInputContents.Add(ByteString.CopyFrom([.. BitConverter.GetBytes(photo.Length), .. photo]));
        else
            tensor.Contents = new InferTensorContents { BytesContents = { ByteString.CopyFrom(photo) } };
        return request;
    }

    /// <summary>The numbers of the outputs, whatever their encoding.</summary>
    public static IReadOnlyList<float[]> Numbers(ModelInferResponse response) =>
        [
            .. response.Outputs.Select(
                (output, index) =>
                    response.RawOutputContents.Count > 0
                        ? MemoryMarshal.Cast<byte, float>(response.RawOutputContents[index].Span).ToArray()
                        : [.. output.Contents.Fp32Contents]
            ),
        ];

    private CallOptions Options(TimeSpan? timeout, CancellationToken? cancellationToken) =>
        new(
            headers,
            timeout is { } limit ? TimeProvider.System.GetUtcNow().UtcDateTime + limit : null,
            cancellationToken ?? TestContext.Current.CancellationToken
        );
}
