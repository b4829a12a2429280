using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using ModelService.Api.Protection;
using ModelService.Api.Requests;
using ModelService.Imaging;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Api.OpenInference;

/// <summary>
/// Reads a request to infer: JSON alone, JSON with binary data behind it, or the data of one input alone.
/// </summary>
internal static class InferBody
{
    /// <summary>The header with the length of the JSON before the binary data.</summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    /// <summary>Reads the whole body, and unpacks it when it is compressed.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxBytes">Largest size, both as it arrives and unpacked.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>,
    /// <see cref="ErrorCode.BodyTooLarge"/>.
    /// </exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(
        HttpRequest request,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        if (request.ContentLength > maxBytes)
            throw RequestBody.TooLarge(maxBytes);
        var encoding = request.Headers[HeaderNames.ContentEncoding].ToString().ToLowerInvariant();
        await using var unpacked = encoding switch
        {
            "" or "identity" => null,
            "gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            "deflate" => (Stream)new ZLibStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            _ => throw new ServingException(
                ErrorCode.UnsupportedMediaType,
                $"Content-Encoding '{encoding}' is not supported here. Send gzip, deflate or an uncompressed body."
            ),
        };
        try
        {
            return await RequestBody.ReadAsync(request, unpacked ?? request.Body, maxBytes, cancellationToken);
        }
        catch (ServingException exception)
            when (unpacked is not null && exception.InnerException is InvalidDataException)
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The body is damaged, or not {encoding} as its Content-Encoding says.",
                exception
            );
        }
    }

    /// <summary>Reads a request to infer.</summary>
    /// <param name="request">The request.</param>
    /// <param name="body">Its body.</param>
    /// <param name="maxInputs">Largest batch.</param>
    /// <param name="findShape">Finds the shape of the model's input, for a request without JSON.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static InferRequest Read(
        HttpRequest request,
        ReadOnlyMemory<byte> body,
        int maxInputs,
        Func<Shape> findShape
    )
    {
        if (FindJsonLength(request, body.Length) is not { } length)
            return ReadJson(request, body, default, maxInputs);
        return length > 0
            ? ReadJson(request, body[..length], body[length..], maxInputs)
            : new InferRequest(null, null, null, [ReadRaw(body, findShape())], RequestedOutput.All(isBinary: true));
    }

    private static int? FindJsonLength(HttpRequest request, int bodyLength)
    {
        if (!request.Headers.TryGetValue(LengthHeader, out var text))
            return null;
        return
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= bodyLength
            ? (int)length
            : throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The header {LengthHeader} must be a whole number up to the body's {bodyLength} bytes."
            );
    }

    private static InferRequest ReadJson(
        HttpRequest request,
        ReadOnlyMemory<byte> body,
        ReadOnlyMemory<byte> binary,
        int maxInputs
    )
    {
        // A number takes two bytes of text or more, and four in its tensor.
        BodyMemory.Of(request.HttpContext).Take(2L * body.Length);
        var json = RequestBody.StartOfJson(body.Span);
        try
        {
            var header = InferHeader.Read(json);
            var isBinary = header.Parameters.Bool("binary_data_output") ?? false;
            return new InferRequest(
                header.Id,
                header.Parameters.Priority,
                header.Parameters.Timeout,
                ReadInputs(header, json, binary, maxInputs),
                header.Outputs is { Count: > 0 } outputs
                    ? RequestedOutput.CheckDistinct([
                        .. outputs.Select(output => RequestedOutput.Create(output.Name, output.Parameters, isBinary)),
                    ])
                    : RequestedOutput.All(isBinary)
            );
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw RequestBody.Malformed(json, exception);
        }
    }

    private static List<PredictionInput> ReadInputs(
        InferHeader header,
        ReadOnlySpan<byte> json,
        ReadOnlyMemory<byte> binary,
        int maxInputs
    )
    {
        var (tensor, parameters, data) = InferTensor.Only(header.Inputs, input => input.Tensor.Name);
        tensor.Check(maxInputs);
        if (parameters.Integer("binary_data_size") is not { } size)
        {
            if (!binary.IsEmpty)
                throw tensor.Wrong($"leaves {binary.Length} bytes of binary data without \"binary_data_size\"");
            tensor.CheckJson();
            return ReadData(tensor, json[data ?? throw tensor.Wrong("has no data")]);
        }

        if (data is not null)
            throw tensor.Wrong("has both \"data\" and \"binary_data_size\"");
        return size == binary.Length
            ? tensor.FromBytes(binary)
            : throw tensor.Wrong($"has the \"binary_data_size\" {size}, but {binary.Length} bytes follow the JSON");
    }

    private static List<PredictionInput> ReadData(InferTensor tensor, ReadOnlySpan<byte> json)
    {
        const string Pointer = "/inputs/0/data";
        if (tensor.IsImage)
            return ReadImages(tensor, json, Pointer);
        return TensorJson.ReadData(json, tensor.Shape, Pointer, out var error) is { } numbers
            ? tensor.FromNumbers(numbers)
            : throw ServingException.MalformedAt(error!.Pointer, error.Detail);
    }

    // Base64, because JSON has no bytes. A shape of [N, 1] may have a list around each image.
    private static List<PredictionInput> ReadImages(InferTensor tensor, ReadOnlySpan<byte> json, string pointer)
    {
        var images = new List<PredictionInput>();
        var reader = new Utf8JsonReader(json, RequestBody.Strict);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw tensor.Wrong("must have a list as its data");
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndArray)
                continue;
            if (reader.TokenType == JsonTokenType.StartArray && tensor.Shape.Length > reader.CurrentDepth)
                continue;
            if (images.Count == tensor.Shape[0])
                throw tensor.Wrong($"has more photos than the {tensor.Shape[0]} of its shape");
            images.Add(PredictJson.ReadImage(ref reader, $"{pointer}/{images.Count}"));
        }

        return images.Count == tensor.Shape[0]
            ? images
            : throw tensor.Wrong($"has {images.Count} photos, but its shape says {tensor.Shape[0]}");
    }

    // A body without JSON is a tensor if it has exactly its bytes, and otherwise a photo.
    private static PredictionInput ReadRaw(ReadOnlyMemory<byte> body, Shape shape)
    {
        var bytes = shape.ElementCount * sizeof(float);
        if (body.Length == bytes)
            return new InferTensor(InferTensor.Input, "FP32", [1, .. shape.Sizes]).FromBytes(body)[0];
        return PictureFile.IsRecognized(body.Span)
            ? new EncodedImage(body)
            : throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The body is neither a photo nor the {bytes} bytes of a float32 tensor of the shape {shape}."
            );
    }
}
