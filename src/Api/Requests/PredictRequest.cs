using System.Globalization;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Api.Requests;

/// <summary>Reads the inputs of a prediction from each of the four forms of body.</summary>
internal static class PredictRequest
{
    private const string Forms =
        "Send an image (with a Content-Type such as image/jpeg), multipart/form-data with image files, or "
        + "application/json with \"images\" (base64) or \"tensors\".";

    /// <summary>Reads the inputs.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>,
    /// <see cref="ErrorCode.BodyTooLarge"/>.
    /// </exception>
    public static async Task<IReadOnlyList<PredictionInput>> ReadAsync(
        HttpRequest request,
        LimitsOptions limits,
        CancellationToken cancellationToken
    )
    {
        if (IsImage(request))
            return [new EncodedImage(await ReadWholeAsync(request, limits, cancellationToken))];
        if (MultipartBody.IsMultipart(request))
            return await ReadFilesAsync(request, limits, cancellationToken);
        if (request.HasJsonContentType())
            return ReadJson(RequestBody.Parse(await ReadWholeAsync(request, limits, cancellationToken)), limits);
        var found = string.IsNullOrEmpty(request.ContentType)
            ? "There is no Content-Type."
            : $"Content-Type '{request.ContentType}' is not supported here.";
        throw new ServingException(ErrorCode.UnsupportedMediaType, $"{found} {Forms}");
    }

    private static async Task<byte[]> ReadWholeAsync(
        HttpRequest request,
        LimitsOptions limits,
        CancellationToken cancellationToken
    )
    {
        var body = await RequestBody.ReadAsync(
            request.Body,
            request.ContentLength,
            limits.MaxPredictBytes,
            cancellationToken
        );
        return body.Length > 0
            ? body
            : throw new ServingException(ErrorCode.MalformedRequest, $"The body is empty. {Forms}");
    }

    // The image format is recognized by the bytes, not by the Content-Type. Only SVG, which can contain scripts, is
    // rejected by its Content-Type.
    private static bool IsImage(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && (
            type.Type.Equals("image", StringComparison.OrdinalIgnoreCase)
            || type.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase)
        )
        && !type.SubType.StartsWith("svg", StringComparison.OrdinalIgnoreCase);

    private static async Task<IReadOnlyList<PredictionInput>> ReadFilesAsync(
        HttpRequest request,
        LimitsOptions limits,
        CancellationToken cancellationToken
    )
    {
        var inputs = new List<PredictionInput>();
        var remaining = limits.MaxPredictBytes;
        if (request.ContentLength > remaining)
        {
            throw new ServingException(
                ErrorCode.BodyTooLarge,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The body has {request.ContentLength:N0} bytes; at most {remaining:N0} are allowed."
                )
            );
        }

        await foreach (var part in MultipartBody.ReadPartsAsync(request, cancellationToken))
        {
            // For a file field without a chosen file, a browser sends an empty text part.
            if (!part.IsFile && await RequestBody.ReadAsync(part.Body, new byte[1], cancellationToken) == 0)
                continue;
            if (!part.IsFile)
            {
                throw new ServingException(
                    ErrorCode.MalformedRequest,
                    $"The form's part '{part.Name}' is not a file. Every part must be an image file. Options belong in "
                        + "the query, such as ?top_k=3."
                );
            }

            if (inputs.Count == limits.MaxInputs)
                throw TooMany($"more than {limits.MaxInputs} files", limits);
            var bytes = await RequestBody.ReadAsync(part.Body, null, remaining, cancellationToken);
            remaining -= bytes.Length;
            inputs.Add(new EncodedImage(bytes));
        }

        return inputs.Count > 0
            ? inputs
            : throw new ServingException(ErrorCode.MalformedRequest, "The form has no files. Send at least one image.");
    }

    private static List<PredictionInput> ReadJson(JsonElement json, LimitsOptions limits)
    {
        if (json.ValueKind != JsonValueKind.Object || json.GetPropertyCount() != 1)
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                "The body must be an object with exactly one property, \"images\" or \"tensors\"."
            );
        }

        var property = json.EnumerateObject().Single();
        if (property.Name is not ("images" or "tensors"))
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The property '{property.Name}' is unknown. Use \"images\" or \"tensors\".",
                [new ErrorDetail("/" + property.Name, "The property is unknown.")]
            );
        }

        if (property.Value.ValueKind != JsonValueKind.Array || property.Value.GetArrayLength() == 0)
            throw ServingException.MalformedAt("/" + property.Name, "It must be a list with at least one element.");
        if (property.Value.GetArrayLength() > limits.MaxInputs)
            throw TooMany($"{property.Value.GetArrayLength()} {property.Name}", limits);
        return
        [
            .. property
                .Value.EnumerateArray()
                .Select(
                    (item, index) =>
                        property.Name == "images" ? ReadImage(item, index) : TensorJson.Read(item, $"/tensors/{index}")
                ),
        ];
    }

    private static PredictionInput ReadImage(JsonElement json, int index)
    {
        if (json.ValueKind == JsonValueKind.String && json.TryGetBytesFromBase64(out var bytes))
            return new EncodedImage(bytes);
        throw ServingException.MalformedAt(
            $"/images/{index}",
            "It must be a string with the image's bytes in base64 (RFC 4648, without line breaks or a data: prefix)."
        );
    }

    private static ServingException TooMany(string found, LimitsOptions limits) =>
        new(
            ErrorCode.MalformedRequest,
            $"The request has {found}; at most {limits.MaxInputs} are allowed. Split it into several requests."
        );
}
