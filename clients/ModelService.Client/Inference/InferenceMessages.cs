using Google.Protobuf;
using ModelService.Protocol;

namespace ModelService.Client;

/// <summary>Requests and results as messages of gRPC.</summary>
internal static class InferenceMessages
{
    /// <summary>Writes a request.</summary>
    public static ModelInferRequest Write(InferenceRequest request)
    {
        var message = new ModelInferRequest
        {
            ModelName = request.Model,
            ModelVersion = request.Version ?? "",
            Id = request.Id ?? "",
        };
        if (request.Priority is { } priority)
            message.Parameters["priority"] = new InferParameter { Int64Param = priority };
        foreach (var input in request.Inputs)
        {
            var tensor = new ModelInferRequest.Types.InferInputTensor { Name = input.Name, Datatype = input.Datatype };
            tensor.Shape.AddRange(input.Shape);
            message.Inputs.Add(tensor);
            message.RawInputContents.Add(UnsafeByteOperations.UnsafeWrap(input.Data));
        }

        foreach (var name in request.Outputs ?? [])
        {
            var output = new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name };
            if (request.Classification is { } classes)
                output.Parameters["classification"] = new InferParameter { Int64Param = classes };
            message.Outputs.Add(output);
        }

        return message;
    }

    /// <summary>Reads an answer.</summary>
    public static InferenceResult Read(ModelInferResponse answer) =>
        new(
            answer.ModelName,
            answer.ModelVersion.Length == 0 ? null : answer.ModelVersion,
            answer.Id.Length == 0 ? null : answer.Id,
            [
                .. answer.Outputs.Select(
                    (output, index) =>
                        new InferenceOutput(
                            output.Name,
                            output.Datatype,
                            [.. output.Shape],
                            index < answer.RawOutputContents.Count
                                ? answer.RawOutputContents[index].Memory
                                : ReadContents(output.Contents ?? new InferTensorContents())
                        )
                ),
            ]
        );

    // Numbers of other datatypes come as raw contents from all servers that have them.
    private static ReadOnlyMemory<byte> ReadContents(InferTensorContents contents) =>
        contents.BytesContents.Count > 0
            ? InferenceInput.FromBytes("", [.. contents.BytesContents.Select(item => item.Memory)]).Data
            : InferenceInput.FromFloats("", [], contents.Fp32Contents.ToArray()).Data;
}
