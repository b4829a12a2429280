using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Api.Requests;

/// <summary>Reads requests with a single image.</summary>
internal static class ExplainRequest
{
    private const string DefinitionPart = "definition",
        ImagePart = "image";

    /// <summary>Reads the image from one of the forms of a prediction.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>: there are several; or as of a prediction.
    /// </exception>
    public static async Task<PredictionInput> ReadAsync(
        HttpRequest request,
        LimitsOptions limits,
        CancellationToken cancellationToken
    )
    {
        var inputs = await PredictRequest.ReadAsync(request, limits, cancellationToken);
        return inputs is [var only]
            ? only
            : throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The request has {inputs.Count} images; one is looked at at a time. Send a request for each."
            );
    }

    /// <summary>Reads a form with an architecture and an image.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>,
    /// <see cref="ErrorCode.BodyTooLarge"/>.
    /// </exception>
    public static async Task<(JsonElement Definition, PredictionInput Image)> ReadFormAsync(
        HttpRequest request,
        LimitsOptions limits,
        CancellationToken cancellationToken
    )
    {
        const string Form =
            $"Send multipart/form-data with one part '{DefinitionPart}' (JSON) and one part '{ImagePart}' (file).";
        if (!MultipartBody.IsMultipart(request))
            throw RequestBody.Unsupported(request, Form);
        JsonElement? definition = null;
        PredictionInput? image = null;
        await foreach (var part in MultipartBody.ReadPartsAsync(request, limits.MaxPredictBytes, cancellationToken))
        {
            if (part.Name == DefinitionPart && definition is null)
            {
                definition = RequestBody.Parse(
                    await RequestBody.ReadAsync(request, part.Body, limits.MaxDefinitionBytes, cancellationToken)
                );
            }
            else if (part.Name == ImagePart && part.IsFile && image is null)
            {
                var bytes = await RequestBody.ReadAsync(request, part.Body, limits.MaxPredictBytes, cancellationToken);
                image = new EncodedImage(bytes) { FileName = part.FileName };
            }
            else if (part.Name == ImagePart && image is null)
            {
                throw new ServingException(
                    ErrorCode.MalformedRequest,
                    $"The form's part '{ImagePart}' is not a file. {Form}"
                );
            }
            else
            {
                throw MultipartBody.Misplaced(part, Form, DefinitionPart, ImagePart);
            }
        }

        return definition is { } json && image is not null
            ? (json, image)
            : throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The form has no part '{(definition is null ? DefinitionPart : ImagePart)}'. {Form}"
            );
    }
}
