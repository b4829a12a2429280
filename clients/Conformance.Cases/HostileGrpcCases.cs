using Google.Protobuf;
using Grpc.Core;
using ModelService.Protocol;
using InputTensor = ModelService.Protocol.ModelInferRequest.Types.InferInputTensor;
using OutputTensor = ModelService.Protocol.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace ModelService.Conformance;

/// <summary>What nobody in their right mind sends over gRPC. After each, the server must be alive.</summary>
internal static class HostileGrpcCases
{
    /// <summary>The cases.</summary>
    public static IEnumerable<Case> All() => [.. Hostile(), .. Loads()];

    private static IEnumerable<Case> Hostile()
    {
        yield return Refusal("unknown model", request => request.ModelName = "nobody", StatusCode.NotFound);
        yield return Refusal("unknown version", request => request.ModelVersion = "999", StatusCode.NotFound);
        yield return Refusal("no inputs", request => request.Inputs.Clear());
        yield return Refusal("unknown input", request => request.Inputs[0].Name = "nobody");
        yield return Refusal("NUL in a name", request => request.Inputs[0].Name = "in\0put");
        yield return Refusal("unknown datatype", request => request.Inputs[0].Datatype = "FP31");
        yield return Refusal("negative size", request => request.Inputs[0].Shape[^1] = -3);
        yield return Refusal("product overflows", request => Shape(request, 1, 1L << 32, 1L << 32, 1L << 32));
        yield return Refusal("product overflows to zero", request => Shape(request, 1, long.MaxValue, 2, 2));
        yield return Refusal("1,000 sizes", request => Shape(request, [.. Enumerable.Repeat(1L, 1000)]));
        yield return Refusal("no data", request => request.RawInputContents.Clear());
        yield return Refusal("too little data", request => request.RawInputContents[0] = ByteString.CopyFrom(1, 2, 3));
        yield return Refusal("more data than inputs", request => request.RawInputContents.Add(ByteString.Empty));
        yield return Refusal(
            "raw and other contents",
            request => request.Inputs[0].Contents = new() { Fp32Contents = { 1 } }
        );
        yield return Refusal("unknown output", request => request.Outputs.Add(new OutputTensor { Name = "nobody" }));
        yield return Refusal(
            "a million inputs",
            request => request.Inputs.Add(Enumerable.Range(0, 1_000_000).Select(_ => new InputTensor()))
        );
    }

    private static IEnumerable<Case> Loads()
    {
        foreach (var name in new[] { "", "  ", "nobody", "../../etc", "a\0b" })
        {
            yield return new Case(
                $"grpc/hostile/RepositoryModelLoad of '{name.Replace('\0', '?')}'",
                "NOT_FOUND or INVALID_ARGUMENT",
                async target =>
                    await GrpcCases.FailsAsync(
                        target
                            .Calls!.RepositoryModelLoadAsync(new() { ModelName = name }, target.Headers)
                            .ResponseAsync,
                        StatusCode.NotFound,
                        StatusCode.InvalidArgument
                    )
            )
            {
                Extension = "model_repository",
                IsHostile = true,
            };
        }
    }

    private static Case Refusal(
        string name,
        Action<ModelInferRequest> attack,
        StatusCode status = StatusCode.InvalidArgument
    ) =>
        new(
            $"grpc/hostile/{name}",
            $"{status}",
            async target =>
            {
                var request = GrpcCases.Request(target);
                attack(request);
                return await GrpcCases.FailsAsync(
                    target.Calls!.ModelInferAsync(request, target.Headers).ResponseAsync,
                    status
                );
            }
        )
        {
            IsHostile = true,
        };

    private static void Shape(ModelInferRequest request, params long[] shape)
    {
        request.Inputs[0].Shape.Clear();
        request.Inputs[0].Shape.Add(shape);
    }
}
