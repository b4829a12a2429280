using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using ModelService.Api.Protection;
using ModelService.Imaging;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Api.Requests;

/// <summary>Reads the inputs of a prediction from each of the four forms of body.</summary>
internal static class PredictRequest
{
    private const string Forms =
        "Send an image, multipart/form-data with image files, or "
        + "application/json with \"images\" (base64) or \"tensors\".";

    /// <summary>Reads the inputs.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limits">The limits of a prediction.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <param name="maxInputs">The most inputs; null: those of a prediction.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>,
    /// <see cref="ErrorCode.BodyTooLarge"/>.
    /// </exception>
    public static async Task<IReadOnlyList<PredictionInput>> ReadAsync(
        HttpRequest request,
        LimitsOptions limits,
        CancellationToken cancellationToken,
        int? maxInputs = null
    )
    {
        var most = maxInputs ?? limits.MaxInputs;
        if (IsImage(request))
            return [new EncodedImage(await ReadWholeAsync(request, limits, cancellationToken))];
        if (MultipartBody.IsMultipart(request))
            return await ReadFilesAsync(request, limits, most, cancellationToken);
        if (request.HasJsonContentType())
            return ReadJson(request, await ReadWholeAsync(request, limits, cancellationToken), most);
        if (SaysNothing(request))
        {
            var body = await ReadWholeAsync(request, limits, cancellationToken);
            if (PictureFile.IsRecognized(body.Span))
                return [new EncodedImage(body)];
            if (body.Span.TrimStart(" \t\r\n"u8).StartsWith("{"u8))
                return ReadJson(request, body, most);
        }

        throw RequestBody.Unsupported(request, Forms);
    }

    private static List<PredictionInput> ReadJson(HttpRequest request, ReadOnlyMemory<byte> json, int maxInputs)
    {
        // A number takes two bytes of text or more, and four in its tensor.
        BodyMemory.Of(request.HttpContext).Take(2L * json.Length);
        return PredictJson.Read(json, maxInputs);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadWholeAsync(
        HttpRequest request,
        LimitsOptions limits,
        CancellationToken cancellationToken
    )
    {
        var body = await RequestBody.ReadAsync(request, request.Body, limits.MaxPredictBytes, cancellationToken);
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

    // Whether the Content-Type is missing, or one that a tool sends without looking at the file. The bytes then say
    // what they are.
    private static bool SaysNothing(HttpRequest request) =>
        !MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        || type.MediaType.Value?.ToLowerInvariant()
            is "application/x-www-form-urlencoded" // curl --data-binary
                or "text/plain"
                or "binary/octet-stream"
                or "application/binary"
                or "*/*";

    private static async Task<IReadOnlyList<PredictionInput>> ReadFilesAsync(
        HttpRequest request,
        LimitsOptions limits,
        int maxInputs,
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

        // The headers of parts, and parts without content, count too.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = remaining;
        await foreach (var part in MultipartBody.ReadPartsAsync(request, remaining, cancellationToken))
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

            if (inputs.Count == maxInputs)
                throw TooMany($"more than {maxInputs} files", maxInputs);
            var bytes = await RequestBody.ReadAsync(request, part.Body, remaining, cancellationToken);
            remaining -= bytes.Length;
            inputs.Add(new EncodedImage(bytes) { FileName = part.FileName });
        }

        return inputs.Count > 0
            ? inputs
            : throw new ServingException(ErrorCode.MalformedRequest, "The form has no files. Send at least one image.");
    }

    /// <summary>Creates the error for a request with too many inputs.</summary>
    internal static ServingException TooMany(string found, int maxInputs) =>
        new(
            ErrorCode.MalformedRequest,
            $"The request has {found}; at most {maxInputs} are allowed. Split it into several requests."
        );
}
