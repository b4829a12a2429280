using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Storage;

namespace ModelService.Api.Requests;

/// <summary>A request to create a model or a version: its definition, and its weights on disk.</summary>
/// <param name="Model">The resolved model to build.</param>
/// <param name="Weights">The weights file, deleted when the request is disposed; null when there are none.</param>
internal sealed record CreateModelRequest(ResolvedModel Model, StagedFile? Weights) : IDisposable
{
    // Allowance for the boundaries and headers of a form's parts.
    private const int FormBytes = 64 << 10;

    private const string DefinitionPart = "definition",
        WeightsPart = "weights";

    /// <summary>
    /// Reads a request from JSON, or from a form with the parts <c>definition</c> (JSON) and <c>weights</c> (file).
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="limits">Largest sizes of the parts.</param>
    /// <param name="staging">The folder for the weights file.</param>
    /// <param name="resolve">Resolves the definition.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <param name="needsDefinition">
    /// Whether a form must have a definition. Otherwise a form with weights alone has an empty object as its
    /// definition.
    /// </param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>,
    /// <see cref="ErrorCode.BodyTooLarge"/>, <see cref="ErrorCode.DefinitionInvalid"/>,
    /// <see cref="ErrorCode.StorageUnavailable"/>.
    /// </exception>
    public static async Task<CreateModelRequest> ReadAsync(
        HttpRequest request,
        LimitsOptions limits,
        StagingFolder staging,
        Func<JsonElement, Outcome<ResolvedModel>> resolve,
        CancellationToken cancellationToken,
        bool needsDefinition = true
    )
    {
        const string Form =
            $"multipart/form-data with one part '{DefinitionPart}' (JSON) and one part '{WeightsPart}' (file).";
        if (!MultipartBody.IsMultipart(request))
        {
            var json = await JsonBody.ReadAsync(
                request,
                limits,
                cancellationToken,
                $"Send application/json, or {Form}"
            );
            return new CreateModelRequest(resolve(json).OrThrow(), null);
        }

        if (request.ContentLength - limits.MaxDefinitionBytes - FormBytes > limits.MaxWeightsBytes)
            throw RequestBody.TooLarge(limits.MaxWeightsBytes);
        ResolvedModel? model = null;
        StagedFile? weights = null;
        try
        {
            var parts = MultipartBody.ReadPartsAsync(request, limits.MaxPredictBytes, cancellationToken);
            await foreach (var part in parts)
            {
                // If the definition comes first, its errors are reported before gigabytes of weights are received.
                if (part.Name == DefinitionPart && model is null)
                {
                    var json = await RequestBody.ReadAsync(
                        request,
                        part.Body,
                        limits.MaxDefinitionBytes,
                        cancellationToken
                    );
                    model = resolve(RequestBody.Parse(json)).OrThrow();
                }
                else if (part.Name == WeightsPart && weights is null)
                {
                    weights = await StagedFile.WriteAsync(
                        part.Body,
                        staging,
                        limits.MaxWeightsBytes,
                        cancellationToken
                    );
                }
                else
                {
                    throw MultipartBody.Misplaced(part, $"Send {Form}", DefinitionPart, WeightsPart);
                }
            }

            if (model is null && !needsDefinition && weights is not null)
                model = resolve(JsonElement.Parse("{}")).OrThrow();
            if (model is null)
            {
                throw new ServingException(
                    ErrorCode.MalformedRequest,
                    $"The form has no part '{DefinitionPart}' with the model's JSON."
                );
            }

            return new CreateModelRequest(model, weights);
        }
        catch
        {
            weights?.Dispose();
            throw;
        }
    }

    public void Dispose() => Weights?.Dispose();
}
