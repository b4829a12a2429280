using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using ModelService.Protocol;
using InputTensor = ModelService.Protocol.ModelInferRequest.Types.InferInputTensor;
using OutputTensor = ModelService.Protocol.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace ModelService.Conformance;

/// <summary>The protocol over gRPC.</summary>
internal static class GrpcCases
{
    private const string Repository = "model_repository";

    /// <summary>The cases.</summary>
    public static IEnumerable<Case> All() => [.. Described(), .. Inferred(), .. Repositories()];

    /// <summary>A request to infer, as raw contents.</summary>
    public static ModelInferRequest Request(Target target)
    {
        var input = new InputTensor { Name = target.Input, Datatype = "FP32" };
        input.Shape.AddRange(target.Shape);
        return new ModelInferRequest
        {
            ModelName = target.Model,
            Inputs = { input },
            RawInputContents = { ByteString.CopyFrom(Bodies.Bytes(target.Numbers)) },
        };
    }

    private static IEnumerable<Case> Described()
    {
        yield return Call(
            "ServerLive",
            async (calls, target) => (await calls.ServerLiveAsync(new(), target.Headers)).Live
        );
        yield return Call(
            "ServerReady",
            async (calls, target) => (await calls.ServerReadyAsync(new(), target.Headers)).Ready
        );
        yield return Call(
            "ServerMetadata",
            async (calls, target) => (await calls.ServerMetadataAsync(new(), target.Headers)).Name == target.Server
        );
        yield return Call(
            "ModelReady",
            async (calls, target) => (await calls.ModelReadyAsync(new() { Name = target.Model }, target.Headers)).Ready
        );
        yield return Call(
            "ModelMetadata",
            async (calls, target) =>
                (await calls.ModelMetadataAsync(new() { Name = target.Model }, target.Headers)).Inputs.Any(input =>
                    input.Name == target.Input
                )
        );
        yield return Call(
            "ModelConfig",
            async (calls, target) =>
                (await calls.ModelConfigAsync(new() { Name = target.Model }, target.Headers)).Config.Name
                == target.Model
        ) with
        {
            Extension = "model_configuration",
        };
        yield return Call(
            "ModelStatistics",
            async (calls, target) =>
                (await calls.ModelStatisticsAsync(new() { Name = target.Model }, target.Headers)).ModelStats.Count == 1
        ) with
        {
            Extension = "statistics",
        };
        yield return new Case(
            "grpc/health",
            "SERVING",
            async target =>
            {
                // The answer's only field is the status, and 1 is SERVING.
                var check = new Method<byte[], byte[]>(
                    MethodType.Unary,
                    "grpc.health.v1.Health",
                    "Check",
                    Marshallers.Create(bytes => bytes, bytes => bytes),
                    Marshallers.Create(bytes => bytes, bytes => bytes)
                );
                var answer = await target
                    .Channel!.CreateCallInvoker()
                    .AsyncUnaryCall(check, null, new CallOptions(target.Headers), []);
                UnmetException.Unless(answer is [8, 1], Convert.ToHexString(answer));
                return "SERVING";
            }
        );
    }

    private static IEnumerable<Case> Inferred()
    {
        yield return new Case(
            "grpc/ModelInfer/raw contents",
            "OK, the numbers of REST",
            async target => await SameAsync(target, Request(target))
        );
        yield return new Case(
            "grpc/ModelInfer/fp32_contents",
            "OK, the numbers of REST",
            async target =>
            {
                var request = Request(target);
                request.RawInputContents.Clear();
                request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { target.Numbers } };
                return await SameAsync(target, request);
            }
        );
        yield return new Case(
            "grpc/ModelInfer/id and outputs",
            "OK, the id and the one output",
            async target =>
            {
                var request = Request(target);
                request.Id = "mine";
                request.Outputs.Add(new OutputTensor { Name = target.Outputs[^1] });
                var answer = await target.Calls!.ModelInferAsync(request, target.Headers);
                UnmetException.Unless(
                    answer.Id == "mine" && answer.Outputs.Single().Name == target.Outputs[^1],
                    $"{answer.Id} {answer.Outputs.Count}"
                );
                return "OK";
            }
        );
        yield return new Case(
            "grpc/ModelStreamInfer",
            "10 answers, and an error in the place of a wrong request",
            async target =>
            {
                using var stream = target.Calls!.ModelStreamInfer(target.Headers);
                for (var index = 0; index < 10; index++)
                {
                    var request = Request(target);
                    request.Id = $"{index}";
                    if (index == 5)
                        request.Inputs[0].Shape[^1] = -3;
                    await stream.RequestStream.WriteAsync(request);
                }

                await stream.RequestStream.CompleteAsync();
                var (answers, errors) = (0, 0);
                while (await stream.ResponseStream.MoveNext(default))
                    _ = stream.ResponseStream.Current.ErrorMessage.Length > 0 ? errors++ : answers++;
                UnmetException.Unless((answers, errors) == (9, 1), $"{answers} answers, {errors} errors");
                return $"{answers} answers, {errors} error";
            }
        );
        yield return new Case(
            "grpc/deadline",
            "DEADLINE_EXCEEDED",
            async target =>
                await FailsAsync(
                    target
                        .Calls!.ModelInferAsync(
                            Request(target),
                            target.Headers,
                            TimeProvider.System.GetUtcNow().UtcDateTime
                        )
                        .ResponseAsync,
                    StatusCode.DeadlineExceeded
                )
        );
    }

    private static IEnumerable<Case> Repositories()
    {
        yield return Call(
            "RepositoryIndex",
            async (calls, target) =>
                (await calls.RepositoryIndexAsync(new(), target.Headers)).Models.Any(model =>
                    model.Name == target.Model
                )
        ) with
        {
            Extension = Repository,
        };
        yield return Call(
            "RepositoryModelUnload and Load",
            async (calls, target) =>
            {
                await calls.RepositoryModelUnloadAsync(new() { ModelName = target.Model }, target.Headers);
                var unloaded = await calls.ModelReadyAsync(new() { Name = target.Model }, target.Headers);
                await calls.RepositoryModelLoadAsync(new() { ModelName = target.Model }, target.Headers);
                var loaded = await calls.ModelReadyAsync(new() { Name = target.Model }, target.Headers);
                return !unloaded.Ready && loaded.Ready;
            }
        ) with
        {
            Extension = Repository,
            Manages = true,
        };
    }

    private static Case Call(
        string name,
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Target, Task<bool>> call
    ) =>
        new(
            $"grpc/{name}",
            "OK, with all that it must have",
            async target =>
            {
                UnmetException.Unless(await call(target.Calls!, target), "something else");
                return "OK";
            }
        );

    /// <summary>Fails unless a call ends with one of these statuses.</summary>
    public static async Task<string> FailsAsync<T>(Task<T> call, params StatusCode[] statuses)
    {
        try
        {
            await call;
        }
        catch (RpcException error)
        {
            UnmetException.Unless(statuses.Contains(error.StatusCode), $"{error.StatusCode} {error.Status.Detail}");
            return $"{error.StatusCode}";
        }

        throw new UnmetException("OK");
    }

    private static async Task<string> SameAsync(Target target, ModelInferRequest request)
    {
        var expected = (await target.InferAsync(target.Json())).Expect(200);
        var answer = await target.Calls!.ModelInferAsync(request, target.Headers);
        for (var index = 0; index < answer.Outputs.Count; index++)
        {
            var numbers =
                answer.RawOutputContents.Count > 0
                    ? MemoryMarshal.Cast<byte, float>(answer.RawOutputContents[index].Span).ToArray()
                    : [.. answer.Outputs[index].Contents.Fp32Contents];
            UnmetException.Unless(
                expected.Numbers(answer.Outputs[index].Name).AsSpan().SequenceEqual(numbers),
                $"other numbers of '{answer.Outputs[index].Name}'"
            );
        }

        return "OK, the numbers of REST";
    }
}
