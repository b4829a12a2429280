using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using ModelService.Api.Grpc;
using ModelService.Api.Tests.Support;
using ModelService.Protocol;
using InputTensor = ModelService.Protocol.ModelInferRequest.Types.InferInputTensor;
using RequestedTensor = ModelService.Protocol.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace ModelService.Api.Tests.Grpc;

/// <summary>What nobody in their right mind sends over gRPC: each is refused, and the server lives.</summary>
public sealed class HostileCallTests(ApiServer server) : IDisposable
{
    private const string Model = "grpc-hostile";

    private static readonly Dictionary<string, Action<ModelInferRequest>> Attacks = new()
    {
        ["no inputs"] = request => request.Inputs.Clear(),
        ["product overflows"] = request => Shape(request, 1, 1L << 32, 1L << 32, 1L << 32),
        ["product overflows to zero"] = request => Shape(request, 1, long.MaxValue, 2, 2),
        ["negative size"] = request => Shape(request, 1, -3, 32, 32),
        ["size of zero"] = request => Shape(request, 0, 3, 32, 32),
        ["no shape"] = request => Shape(request),
        ["too many sizes"] = request => Shape(request, [.. Enumerable.Repeat(1L, 1000)]),
        ["batch too large"] = request => Shape(request, 100_000, 3, 32, 32),
        ["another shape"] = request => Shape(request, 1, 32, 32, 3),
        ["other datatype"] = request => request.Inputs[0].Datatype = "UINT16",
        ["unknown input"] = request => request.Inputs[0].Name = "a",
        ["NUL in a name"] = request => request.Inputs[0].Name = "in\0put",
        ["two inputs"] = request => request.Inputs.Add(new InputTensor { Name = "image" }),
        ["no data"] = request => request.RawInputContents.Clear(),
        ["too little data"] = request => request.RawInputContents[0] = ByteString.CopyFrom(1, 2, 3),
        ["too much raw"] = request => request.RawInputContents.Add(ByteString.Empty),
        ["raw and other contents"] = request => request.Inputs[0].Contents = new() { Fp32Contents = { 1 } },
        ["integers"] = request =>
        {
            request.RawInputContents.Clear();
            request.Inputs[0].Contents = new() { IntContents = { 1, 2, 3 } };
        },
        ["FP16 that is not raw"] = request =>
        {
            request.RawInputContents.Clear();
            request.Inputs[0].Datatype = "FP16";
            request.Inputs[0].Contents = new() { Fp32Contents = { 1 } };
        },
        ["no photo"] = request =>
        {
            request.Inputs[0] = Calls.Photo(Model, [1, 2, 3], isRaw: false).Inputs[0];
            request.RawInputContents.Clear();
        },
        ["more photos than the shape"] = request =>
        {
            request.Inputs[0] = Calls.Photo(Model, [1, 2, 3], isRaw: false).Inputs[0];
            request.Inputs[0].Contents.BytesContents.Add(ByteString.Empty);
            request.RawInputContents.Clear();
        },
        ["photo longer than its bytes"] = request =>
        {
            request.Inputs[0] = Calls.Photo(Model, [1, 2, 3], isRaw: false).Inputs[0];
            request.Inputs[0].Contents = null;
            request.RawInputContents[0] = ByteString.CopyFrom(255, 255, 255, 255, 0);
        },
        ["an output twice"] = request =>
            request.Outputs.Add([new RequestedTensor { Name = "logits" }, new RequestedTensor { Name = "logits" }]),
        ["unknown output"] = request => request.Outputs.Add(new RequestedTensor { Name = "scores" }),
        ["negative timeout"] = request => request.Parameters["timeout"] = new InferParameter { Int64Param = -1 },
        ["huge priority"] = request =>
            request.Parameters["priority"] = new InferParameter { Uint64Param = ulong.MaxValue },
        ["text as a truth value"] = request =>
            request.Parameters["binary_data_output"] = new InferParameter { StringParam = "yes" },
        ["inputs by the million"] = request =>
            request.Inputs.Add(Enumerable.Range(0, 1_000_000).Select(_ => new InputTensor())),
        ["parameters by the thousand"] = request =>
        {
            for (var index = 0; index < 10_000; index++)
                request.Parameters[$"{index}"] = new InferParameter();
        },
        ["sizes by the million"] = request => Shape(request, [.. Enumerable.Repeat(1L, 1_000_000)]),
    };

    private readonly Lazy<Calls> calls = new(() => new Calls(server));

    public static TheoryData<string> AttackNames => [.. Attacks.Keys];

    public void Dispose()
    {
        if (calls.IsValueCreated)
            calls.Value.Dispose();
    }

    [Theory]
    [MemberData(nameof(AttackNames))]
    public async Task ModelInfer_HostileRequest_IsRefused(string attack)
    {
        await ModelAsync();
        var request = Calls.Tensor(Model);
        Attacks[attack](request);

        var error = await Calls.FailsAsync(StatusCode.InvalidArgument, calls.Value.InferAsync(request));

        Assert.NotEqual("", error.Status.Detail);
        await LivesAsync();
    }

    [Theory]
    [InlineData("nobody", "")]
    [InlineData("", "")]
    [InlineData(" ", "")]
    [InlineData("../a", "")]
    [InlineData("a\0b", "")]
    [InlineData(Model, "latest")]
    [InlineData(Model, "99999999999999999999")]
    [InlineData(Model, "-1")]
    public async Task ModelInfer_NameThatIsNone_IsNotFound(string name, string version)
    {
        await ModelAsync();
        var request = Calls.Tensor(name);
        request.ModelVersion = version;

        await Calls.FailsAsync(StatusCode.NotFound, calls.Value.InferAsync(request));
        await LivesAsync();
    }

    [Theory]
    [InlineData("garbage", "FFFFFFFFFFFFFFFF")]
    [InlineData("group that never ends", "0B")]
    [InlineData("length beyond the end", "2AFFFFFFFF0F")]
    [InlineData("length beyond the end of an inner message", "2A010A7F")]
    [InlineData("varint without an end", "80808080808080808080808001")]
    [InlineData("field number 0", "0000")]
    public async Task ModelInfer_DamagedMessage_IsRefused(string attack, string hexadecimal)
    {
        Assert.NotEmpty(attack);
        await ModelAsync();

        await Calls.FailsAsync(
            StatusCode.InvalidArgument,
            calls.Value.CallAsync(AnyBytes, Convert.FromHexString(hexadecimal))
        );
        await LivesAsync();
    }

    [Fact]
    public async Task ModelInfer_MessageBeyondTheLimit_IsResourceExhausted()
    {
        await ModelAsync();

        await Calls.FailsAsync(StatusCode.ResourceExhausted, calls.Value.CallAsync(AnyBytes, new byte[(64 << 20) + 1]));
        await LivesAsync();
    }

    [Theory]
    [InlineData("nobody", "", "", StatusCode.NotFound)]
    [InlineData("", "", "", StatusCode.NotFound)]
    [InlineData("", "kserve", "", StatusCode.NotFound)]
    [InlineData("a b", "", "{}", StatusCode.InvalidArgument)]
    [InlineData("new", "", "\0", StatusCode.InvalidArgument)]
    [InlineData("new", "", """{"name":"other"}""", StatusCode.InvalidArgument)]
    public async Task RepositoryModelLoad_HostileRequest_IsRefused(
        string name,
        string repository,
        string config,
        StatusCode status
    )
    {
        await ModelAsync();
        var request = new RepositoryModelLoadRequest { ModelName = name, RepositoryName = repository };
        if (config.Length > 0)
            request.Parameters["config"] = new() { StringParam = config };

        await Calls.FailsAsync(
            status,
            calls.Value.CallAsync<RepositoryModelLoadRequest, RepositoryModelLoadResponse>(
                "RepositoryModelLoad",
                request
            )
        );
        await LivesAsync();
    }

    [Fact]
    public void MessageSize_MessagesOfTheProtocol_AreWithinLimits()
    {
        var request = Calls.Photo(Model, new byte[1 << 20], isRaw: false);
        request.Inputs[0].Contents.BytesContents.Add(Enumerable.Repeat(ByteString.Empty, 1023));
        var bytes = new ReadOnlySequence<byte>(request.ToByteArray());

        Assert.True(MessageSize.IsWithinLimits(bytes, ModelInferRequest.Descriptor));
        Assert.False(MessageSize.IsWithinLimits(bytes.Slice(0, bytes.Length - 1), ModelInferRequest.Descriptor));
    }

    // Sends bytes as they are.
    private static Method<byte[], ModelInferResponse> AnyBytes { get; } =
        new(
            MethodType.Unary,
            InferenceMethods.Service,
            "ModelInfer",
            Marshallers.Create(bytes => bytes, bytes => bytes),
            Marshallers.Create(message => message.ToByteArray(), ModelInferResponse.Parser.ParseFrom)
        );

    private static void Shape(ModelInferRequest request, params long[] shape)
    {
        request.Inputs[0].Shape.Clear();
        request.Inputs[0].Shape.Add(shape);
    }

    private async Task LivesAsync() => await calls.Value.InferAsync(Calls.Tensor(Model));

    private Task<string> ModelAsync() => server.Api.EnsureAsync(Networks.Tiny(Model));
}
