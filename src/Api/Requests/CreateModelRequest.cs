using ModelService.Models.Analysis;
using ModelService.Models.Definitions;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>A request for a new model: its blueprint, and its weights on disk if it brings any.</summary>
/// <param name="Blueprint">What to build.</param>
/// <param name="Weights">The weights file; null leaves the weights random.</param>
internal sealed record CreateModelRequest(ModelBlueprint Blueprint, StagedFile? Weights) : IDisposable
{
    private const string Definition = "definition", WeightsPart = "weights";

    /// <summary>Reads it from JSON, or from a form with the parts <c>definition</c> (JSON) and <c>weights</c> (file).</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>, <see cref="ErrorCode.BodyTooLarge"/>,
    /// <see cref="ErrorCode.DefinitionInvalid"/>.
    /// </exception>
    public static async Task<CreateModelRequest> ReadAsync(HttpRequest request, LimitsOptions limits, ArchitectureLimits architectureLimits, CancellationToken cancellationToken)
    {
        if (!MultipartBody.IsIn(request))
            return new CreateModelRequest(ModelBlueprint.Read(await JsonBody.ReadAsync(request, limits, cancellationToken), architectureLimits), null);

        ModelBlueprint? blueprint = null;
        StagedFile? weights = null;
        try
        {
            await foreach (var part in MultipartBody.PartsAsync(request, cancellationToken))
            {
                // A definition that comes first is refused before gigabytes of weights are taken.
                if (part.Name == Definition && blueprint is null)
                    blueprint = ModelBlueprint.Read(RequestBody.Parse(await RequestBody.ReadAsync(part.Body, null, limits.MaxDefinitionBytes, cancellationToken)), architectureLimits);
                else if (part.Name == WeightsPart && weights is null)
                    weights = await StagedFile.WriteAsync(part.Body, limits.MaxWeightsBytes, cancellationToken);
                else
                    throw new ServingException(ErrorCode.MalformedRequest, $"The form has a part '{part.Name}' too many: it takes one '{Definition}' (JSON) and one '{WeightsPart}' (file).");
            }

            if (blueprint is null) throw new ServingException(ErrorCode.MalformedRequest, $"The form has no part '{Definition}' with the model's JSON.");
            return new CreateModelRequest(blueprint, weights);
        }
        catch
        {
            weights?.Dispose();
            throw;
        }
    }

    public void Dispose() => Weights?.Dispose();
}
