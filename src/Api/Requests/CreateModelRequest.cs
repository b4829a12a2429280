using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Storage;

namespace ModelService.Api.Requests;

/// <summary>A request for a new model: its resolved model, and its weights on disk if it brings any.</summary>
/// <param name="Resolved">What to build.</param>
/// <param name="Weights">The weights file; null when it brings none.</param>
internal sealed record CreateModelRequest(ResolvedModel Resolved, StagedFile? Weights) : IDisposable
{
    // What stands around the parts of a form.
    private const int FormBytes = 64 << 10;

    private const string Definition = "definition",
        WeightsPart = "weights";

    /// <summary>Reads it from JSON, or from a form with the parts <c>definition</c> (JSON) and <c>weights</c> (file).</summary>
    /// <param name="request">The request.</param>
    /// <param name="limits">How large its parts may be.</param>
    /// <param name="staging">Where the weights wait.</param>
    /// <param name="read">Makes a resolved model of the definition.</param>
    /// <param name="cancellationToken">Fires when the client leaves.</param>
    /// <param name="needsDefinition">Whether there must be a definition; else a form without one is as one with an empty object.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>, <see cref="ErrorCode.BodyTooLarge"/>,
    /// <see cref="ErrorCode.DefinitionInvalid"/>.
    /// </exception>
    public static async Task<CreateModelRequest> ReadAsync(
        HttpRequest request,
        LimitsOptions limits,
        StagingFolder staging,
        Func<JsonElement, ResolvedModel> read,
        CancellationToken cancellationToken,
        bool needsDefinition = true
    )
    {
        if (!MultipartBody.IsIn(request))
            return new CreateModelRequest(read(await JsonBody.ReadAsync(request, limits, cancellationToken)), null);

        if (request.ContentLength - limits.MaxDefinitionBytes - FormBytes > limits.MaxWeightsBytes)
            throw RequestBody.TooLarge(limits.MaxWeightsBytes);
        ResolvedModel? resolved = null;
        StagedFile? weights = null;
        try
        {
            await foreach (var part in MultipartBody.PartsAsync(request, cancellationToken))
            {
                // A definition that comes first is refused before gigabytes of weights are taken.
                if (part.Name == Definition && resolved is null)
                {
                    resolved = read(
                        RequestBody.Parse(
                            await RequestBody.ReadAsync(part.Body, null, limits.MaxDefinitionBytes, cancellationToken)
                        )
                    );
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
                    throw new ServingException(
                        ErrorCode.MalformedRequest,
                        $"The form has a part '{part.Name}' too many: it takes one '{Definition}' (JSON) and one '{WeightsPart}' (file)."
                    );
                }
            }

            if (resolved is null && !needsDefinition && weights is not null)
                resolved = read(JsonElement.Parse("{}"));
            if (resolved is null)
            {
                throw new ServingException(
                    ErrorCode.MalformedRequest,
                    $"The form has no part '{Definition}' with the model's JSON."
                );
            }

            return new CreateModelRequest(resolved, weights);
        }
        catch
        {
            weights?.Dispose();
            throw;
        }
    }

    public void Dispose() => Weights?.Dispose();
}
