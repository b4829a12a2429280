using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Protection;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Api.Controllers;

/// <summary>Weights into a model and out of it. Files are read as data: nothing in them is ever executed.</summary>
[ApiController]
[Authorize(Scopes.Manage), RequestTimeout(RequestLimits.Upload)]
[Route("v1/models/{name}")]
[Produces("application/json", "application/problem+json")]
public sealed class WeightsController(
    ModelRegistry registry,
    ModelBuilder builder,
    StagingFolder staging,
    IOptions<LimitsOptions> limits
) : ControllerBase
{
    /// <summary>Compares a weights file with a model, and keeps nothing.</summary>
    /// <remarks>
    /// The body is the file: safetensors, a PyTorch state dict or TorchSharp's .dat, as <c>curl --data-binary @FILE</c> sends it. A file that doesn't
    /// fit is no error here: then <c>matches</c> is false, and the lists say why. Names, shapes and the file's integrity are checked;
    /// whether each float64 or int64 fits float32 comes out only when it is loaded.
    /// </remarks>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="cancellationToken">Fires when the client leaves.</param>
    /// <response code="200">What loading the file would load, and what not.</response>
    /// <response code="404"><c>model_not_found</c>.</response>
    /// <response code="413"><c>body_too_large</c>.</response>
    /// <response code="415"><c>unsupported_media_type</c>: a form; send the file itself.</response>
    /// <response code="422"><c>weights_unreadable</c>: damaged, of no known format, or more than data.</response>
    /// <response code="503"><c>model_not_ready</c>: the model is being built; see Retry-After.</response>
    [HttpPost("weights/check")]
    [ConsumesBytes]
    [ProducesResponseType<WeightsReport>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status413PayloadTooLarge)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status415UnsupportedMediaType)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status422UnprocessableEntity)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<WeightsReport> Check(string name, CancellationToken cancellationToken)
    {
        // A model that isn't there is said before gigabytes are taken.
        var model = registry.Find(name, null);
        using var file = await StagedFile.WriteAsync(Request, staging, limits.Value.MaxWeightsBytes, cancellationToken);
        return await builder.CheckAsync(model.Resolved, file.Upload, cancellationToken);
    }

    /// <summary>Puts weights into a model that has random ones.</summary>
    /// <remarks>
    /// The body is the file, as <c>curl -T FILE</c> sends it. Predictions go on meanwhile; those that have begun finish with the random weights. A model
    /// that has weights stays as it is: make a new version of it.
    /// </remarks>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="version" example="1">The version.</param>
    /// <param name="allowPartial">Takes what fits, and leaves the rest random; the model says so in every answer.</param>
    /// <param name="cancellationToken">Fires when the client leaves.</param>
    /// <response code="200">The model as it is now, with the report of what was loaded.</response>
    /// <response code="404"><c>model_not_found</c> or <c>version_not_found</c>.</response>
    /// <response code="409"><c>version_conflict</c>: it has weights already.</response>
    /// <response code="413"><c>body_too_large</c>.</response>
    /// <response code="415"><c>unsupported_media_type</c>: a form; send the file itself.</response>
    /// <response code="422"><c>weights_unreadable</c>; or <c>weights_mismatch</c>, with the report and what is likely the matter. The model is as before.</response>
    /// <response code="503"><c>model_not_ready</c>: the model is being built; <c>out_of_memory</c>, <c>storage_unavailable</c>. See Retry-After.</response>
    [HttpPut("versions/{version:int}/weights")]
    [ConsumesBytes]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status409Conflict)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status413PayloadTooLarge)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status415UnsupportedMediaType)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status422UnprocessableEntity)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<ModelResponse> Put(
        string name,
        int version,
        CancellationToken cancellationToken,
        [FromQuery(Name = "allow_partial")] bool allowPartial = false
    )
    {
        registry.FindWithRandomWeights(name, version);
        using var file = await StagedFile.WriteAsync(Request, staging, limits.Value.MaxWeightsBytes, cancellationToken);
        var put = await registry.PutWeightsAsync(name, version, file.Upload, allowPartial, cancellationToken);
        return ModelResponse.Create(registry.Find(name), put);
    }

    /// <summary>Gives a model's weights as a safetensors file.</summary>
    /// <remarks>
    /// With PyTorch's names, as <c>safetensors.torch.load_file</c> reads it; the header's metadata holds the labels and the SHA-256 of the architecture. Sent back,
    /// it gives the same model to the bit.
    /// </remarks>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="version" example="1">The version.</param>
    /// <param name="cancellationToken">Fires when the client leaves.</param>
    /// <response code="200">The file.</response>
    /// <response code="404"><c>model_not_found</c> or <c>version_not_found</c>.</response>
    /// <response code="503"><c>model_not_ready</c>: it is being built or loaded, or was unloaded; <c>out_of_memory</c>. See Retry-After.</response>
    [HttpGet("versions/{version:int}/weights")]
    [Produces("application/octet-stream", "application/problem+json")]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK, "application/octet-stream")]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task Download(string name, int version, CancellationToken cancellationToken)
    {
        using var file = new WeightsDownload(await registry.LeaseAsync(name, version, cancellationToken));
        Response.ContentType = "application/octet-stream";
        Response.ContentLength = file.Length;
        Response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment")
        {
            FileName = file.FileName,
        }.ToString();
        await file.CopyToAsync(Response.Body, cancellationToken);
    }
}
