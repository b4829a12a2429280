using System.Buffers;
using Google.Protobuf;
using ModelService.Api.OpenInference;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;
using ModelService.Protocol;
using RequestedTensor = ModelService.Protocol.ModelInferRequest.Types.InferRequestedOutputTensor;
using RequestTensor = ModelService.Protocol.ModelInferRequest.Types.InferInputTensor;
using ResponseTensor = ModelService.Protocol.ModelInferResponse.Types.InferOutputTensor;

namespace ModelService.Api.Grpc;

/// <summary>
/// Reads requests to infer from messages, and writes the answers. Raw contents are binary data, in the request and in
/// the answer; other contents are what JSON has in REST.
/// </summary>
internal static class InferMessages
{
    /// <summary>Reads a request.</summary>
    /// <param name="message">The request.</param>
    /// <param name="maxInputs">Largest batch.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static InferRequest Read(ModelInferRequest message, int maxInputs)
    {
        var parameters = ParameterMessages.Read(message.Parameters);

        // The outputs come as the inputs came, unless the parameters say otherwise.
        var isBinary = parameters.Bool("binary_data_output") ?? message.RawInputContents.Count > 0;
        return new InferRequest(
            message.Id.Length == 0 ? null : message.Id,
            parameters.Priority,
            parameters.Timeout,
            ReadInputs(message, maxInputs),
            message.Outputs.Count == 0
                ? RequestedOutput.All(isBinary)
                : RequestedOutput.CheckDistinct([.. message.Outputs.Select(output => ReadOutput(output, isBinary))])
        );
    }

    /// <summary>Writes an answer. Either all of its outputs are raw contents, or none is.</summary>
    /// <param name="response">The answer.</param>
    public static ModelInferResponse Write(InferResponse response)
    {
        var message = new ModelInferResponse
        {
            ModelName = response.Model,
            ModelVersion = response.Version,
            Id = response.Id ?? "",
        };
        var isRaw = response.Outputs.Any(output => output.IsBinary);
        foreach (var output in response.Outputs)
        {
            var tensor = new ResponseTensor { Name = output.Name, Datatype = output.Datatype };
            tensor.Shape.AddRange(output.Shape.Select(size => (long)size));
            if (isRaw)
                message.RawOutputContents.Add(WriteRaw(output));
            else
                tensor.Contents = WriteContents(output);
            message.Outputs.Add(tensor);
        }

        return message;
    }

    private static RequestedOutput ReadOutput(RequestedTensor output, bool isBinary) =>
        RequestedOutput.Create(output.Name, ParameterMessages.Read(output.Parameters), isBinary);

    private static List<PredictionInput> ReadInputs(ModelInferRequest message, int maxInputs)
    {
        var input = InferTensor.Only(message.Inputs, input => input.Name);
        var tensor = new InferTensor(input.Name, input.Datatype, [.. input.Shape]);
        tensor.Check(maxInputs);
        if (message.RawInputContents.Count == 0)
            return ReadContents(tensor, input);
        if (input.Contents is not null)
            throw tensor.Wrong("has both contents and raw_input_contents");
        return message.RawInputContents is [var raw]
            ? tensor.FromBytes(raw.Memory)
            : throw tensor.Wrong($"has {message.RawInputContents.Count} raw_input_contents instead of one");
    }

    private static List<PredictionInput> ReadContents(InferTensor tensor, RequestTensor input)
    {
        tensor.CheckJson();
        var contents = input.Contents ?? throw tensor.Wrong("has neither contents nor raw_input_contents");
        if (!tensor.IsImage)
            return tensor.FromNumbers(tensor.CheckCount([.. contents.Fp32Contents], "fp32_contents"));
        return contents.BytesContents.Count == tensor.Shape[0]
            ? [.. contents.BytesContents.Select(photo => new EncodedImage(photo.Memory))]
            : throw tensor.Wrong(
                $"has {contents.BytesContents.Count} bytes_contents, but its shape says {tensor.Shape[0]}"
            );
    }

    private static ByteString WriteRaw(InferOutput output)
    {
        var buffer = new ArrayBufferWriter<byte>((int)InferAnswer.CountBytes(output));
        InferAnswer.WriteBytes(buffer, output);
        return UnsafeByteOperations.UnsafeWrap(buffer.WrittenMemory);
    }

    private static InferTensorContents WriteContents(InferOutput output)
    {
        var contents = new InferTensorContents();
        if (output.Texts is { } texts)
            contents.BytesContents.AddRange(texts.Select(ByteString.CopyFromUtf8));
        else
            contents.Fp32Contents.AddRange(output.Numbers.SelectMany(row => row));
        return contents;
    }
}
