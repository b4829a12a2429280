using System.Globalization;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Api.Requests;

/// <summary>Reads what a prediction is asked for, in each of the four forms of body.</summary>
internal static class PredictRequest
{
    private const string Forms =
        "Send an image (Content-Type image/jpeg or alike), multipart/form-data with image files, or application/json with \"images\" (base64) or \"tensors\".";

    /// <summary>Reads the inputs.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>, <see cref="ErrorCode.BodyTooLarge"/>.
    /// </exception>
    public static async Task<IReadOnlyList<PredictionInput>> ReadAsync(
        HttpRequest request,
        LimitsOptions limits,
        CancellationToken cancellationToken
    )
    {
        if (IsImage(request))
            return [new EncodedImage(await ReadWholeAsync(request, limits, cancellationToken))];
        if (MultipartBody.IsIn(request))
            return await ReadFilesAsync(request, limits, cancellationToken);
        if (request.HasJsonContentType())
            return ReadJson(RequestBody.Parse(await ReadWholeAsync(request, limits, cancellationToken)), limits);
        var found = string.IsNullOrEmpty(request.ContentType)
            ? "There is no Content-Type."
            : $"Content-Type '{request.ContentType}' is not read here.";
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

    // What the bytes are is decided by the bytes; only SVG, a program rather than a picture, is turned away by its name.
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
        var left = limits.MaxPredictBytes;
        if (request.ContentLength > left)
        {
            throw new ServingException(
                ErrorCode.BodyTooLarge,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The body has {request.ContentLength:N0} bytes; at most {left:N0} are taken."
                )
            );
        }

        await foreach (var part in MultipartBody.PartsAsync(request, cancellationToken))
        {
            // A browser sends an empty text for a file field in which nothing was chosen.
            if (!part.IsFile && await part.Body.ReadAsync(new byte[1], cancellationToken) == 0)
                continue;
            if (!part.IsFile)
            {
                throw new ServingException(
                    ErrorCode.MalformedRequest,
                    $"The form's part '{part.Name}' is no file. Every part is an image file; options go in the query, such as ?top_k=3."
                );
            }

            if (inputs.Count == limits.MaxInputs)
                throw TooMany($"More than {limits.MaxInputs} files", limits);
            var bytes = await RequestBody.ReadAsync(part.Body, null, left, cancellationToken);
            left -= bytes.Length;
            inputs.Add(new EncodedImage(bytes));
        }

        return inputs.Count > 0
            ? inputs
            : throw new ServingException(ErrorCode.MalformedRequest, "The form has no files: send at least one image.");
    }

    private static List<PredictionInput> ReadJson(JsonElement json, LimitsOptions limits)
    {
        if (json.ValueKind != JsonValueKind.Object || json.GetPropertyCount() != 1)
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                "The body must be an object with just one property, \"images\" or \"tensors\"."
            );
        }

        var property = json.EnumerateObject().Single();
        if (property.Name is not ("images" or "tensors"))
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"'{property.Name}' is unknown here: give \"images\" or \"tensors\".",
                [new ErrorDetail("/" + property.Name, "Unknown here.")]
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
            "It must be a text with the image's bytes in base64 (RFC 4648, without line breaks or a data: prefix)."
        );
    }

    private static ServingException TooMany(string found, LimitsOptions limits) =>
        new(
            ErrorCode.MalformedRequest,
            $"{found} are in this request; at most {limits.MaxInputs} are taken. Send them in several requests."
        );
}
