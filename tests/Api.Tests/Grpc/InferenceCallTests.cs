using System.Text.Json;
using Grpc.Core;
using ModelService.Api.Tests.Support;
using ModelService.Protocol;
using RequestedTensor = ModelService.Protocol.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace ModelService.Api.Tests.Grpc;

/// <summary>Inferences over gRPC.</summary>
public sealed class InferenceCallTests(ApiServer server) : IDisposable
{
    private const string Model = "grpc";

    private readonly Lazy<Calls> calls = new(() => new Calls(server));

    public void Dispose()
    {
        if (calls.IsValueCreated)
            calls.Value.Dispose();
    }

    [Fact]
    public async Task ModelInfer_EachEncoding_EqualsTheScoresOfRestBitForBit()
    {
        await ModelAsync();
        var photo = Bodies.RandomBmp(1);
        var (tensorScores, photoScores) = (
            await NativeAsync(Networks.InputJson()),
            await NativeAsync(Bodies.Images(photo))
        );

        foreach (var isRaw in new[] { true, false })
        {
            var tensor = await calls.Value.InferAsync(Calls.Tensor(Model, isRaw));
            var image = await calls.Value.InferAsync(Calls.Photo(Model, photo, isRaw));

            Assert.Equal(tensorScores, Text(tensor));
            Assert.Equal(photoScores, Text(image));
            Assert.All([tensor, image], answer => Assert.Equal(isRaw ? 2 : 0, answer.RawOutputContents.Count));
        }
    }

    [Fact]
    public async Task ModelInfer_IdOutputsClassificationAndParameters_AreFollowed()
    {
        await ModelAsync();
        var request = Calls.Tensor(Model);
        (request.Id, request.ModelVersion) = ("mine", "1");
        request.Parameters["priority"] = new InferParameter { Uint64Param = 1 };
        request.Parameters["timeout"] = new InferParameter { Int64Param = 60_000_000 };
        request.Parameters["binary_data_output"] = new InferParameter { BoolParam = false };
        var output = new RequestedTensor { Name = "probabilities" };
        output.Parameters["classification"] = new InferParameter { Int64Param = 2 };
        request.Outputs.Add(output);

        var answer = await calls.Value.InferAsync(request);

        Assert.Equal(("mine", Model, "1"), (answer.Id, answer.ModelName, answer.ModelVersion));
        var best = Assert.Single(answer.Outputs);
        Assert.Equal(("BYTES", "1 2"), (best.Datatype, string.Join(' ', best.Shape)));
        Assert.Equal(2, best.Contents.BytesContents.Count);
        Assert.All(best.Contents.BytesContents, text => Assert.Equal(2, text.ToStringUtf8().Split(':').Length));
    }

    [Fact]
    public async Task ModelStreamInfer_ManyRequests_AreAnsweredInOrderAndErrorsStandInTheirPlace()
    {
        await ModelAsync();
        using var stream = calls.Value.Stream();
        for (var index = 0; index < 30; index++)
        {
            var request = Calls.Tensor(index % 10 == 3 ? "nobody" : Model);
            request.Id = $"{index}";
            await stream.RequestStream.WriteAsync(request, TestContext.Current.CancellationToken);
        }

        await stream.RequestStream.CompleteAsync();
        var answers = new List<ModelStreamInferResponse>();
        await foreach (var answer in stream.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
            answers.Add(answer);

        Assert.Equal(
            Enumerable.Range(0, 30).Select(index => $"{index}"),
            answers.Select(answer => answer.InferResponse.Id)
        );
        Assert.All(
            answers,
            (answer, index) =>
                Assert.Equal(index % 10 == 3, answer.ErrorMessage.Contains("nobody", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task ModelInfer_TimeThatIsTooShort_IsRefusedAndEnoughIsNot()
    {
        var request = Calls.Tensor(await server.Api.EnsureAsync(Networks.Slow("grpc-slow")));
        await calls.Value.InferAsync(request, TimeSpan.FromMinutes(1));
        request.Parameters["timeout"] = new InferParameter { Int64Param = 1 };

        var error = await Assert.ThrowsAsync<RpcException>(() => calls.Value.InferAsync(request));

        // It is known before that the scores would come too late, or found out afterwards.
        Assert.Contains(error.StatusCode, new[] { StatusCode.DeadlineExceeded, StatusCode.Unavailable });
    }

    private Task<string> ModelAsync() => server.Api.EnsureAsync(Networks.Tiny(Model));

    private static (string Logits, string Probabilities) Text(ModelInferResponse answer)
    {
        var numbers = Calls.Numbers(answer);
        return (JsonSerializer.Serialize(numbers[0]), JsonSerializer.Serialize(numbers[1]));
    }

    private async Task<(string Logits, string Probabilities)> NativeAsync(string body) =>
        (await NativeAsync(body, "logits"), await NativeAsync(body, "probabilities"));

    private async Task<string> NativeAsync(string body, string scores) =>
        (await server.Api.PredictAsync(Model, body, $"?scores={scores}")).Prediction().GetProperty(scores).GetRawText();
}
