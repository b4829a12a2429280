using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Prediction;
using Serilog;

namespace ModelService.Api.Controllers;

/// <summary>Scores images with a model.</summary>
[ApiController]
[Authorize(Scopes.Predict)]
[Route("v1/models/{name}")]
[Produces("application/json", "application/problem+json")]
public sealed class PredictController(
    PredictionService predictions,
    IOptions<LimitsOptions> limits,
    IDiagnosticContext log
) : ControllerBase
{
    /// <summary>Scores one or more images with the model's default version.</summary>
    /// <remarks>
    /// The body has one of four forms: the image itself (<c>Content-Type: image/jpeg</c>, for example);
    /// <c>multipart/form-data</c> with image files; <c>{"images": ["base64", ...]}</c>; or
    /// <c>{"tensors": [{"shape": [3, 32, 32], "data": [...]}]}</c>, which is passed to the network without
    /// preprocessing. The image formats are JPEG, PNG, WebP, GIF, BMP and TIFF. Image URLs are not fetched.
    ///
    /// The server computes the waiting images of all requests for a model together, in batches. The header
    /// <c>X-Priority</c> (<c>high</c>, <c>normal</c> or <c>low</c>) sets the request's priority in the queue.
    /// <c>X-Request-Timeout-Ms</c> sets a deadline: the number of milliseconds within which the answer is needed.
    /// </remarks>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="topK">Number of best classes to return.</param>
    /// <param name="scores">The scores to return for all classes, in addition to the best classes.</param>
    /// <response code="200">
    /// One prediction for each image. If only some of the images can't be used, their predictions hold an <c>error</c>
    /// instead of scores.
    /// </response>
    /// <response code="400">
    /// <c>malformed_request</c>: there is no image, there are too many, or the body, a header or the query can't be
    /// read.
    /// </response>
    /// <response code="404"><c>model_not_found</c>: there is no model of that name.</response>
    /// <response code="413">
    /// <c>body_too_large</c>: the body is larger than the server allows.
    /// <c>image_too_large</c>: an image has more bytes or pixels than the server allows.
    /// </response>
    /// <response code="415">
    /// <c>unsupported_media_type</c>: the body must be an image, multipart/form-data or application/json.
    /// </response>
    /// <response code="422">
    /// None of the images could be used. <c>image_undecodable</c>: they are damaged or of an unknown format.
    /// <c>input_mismatch</c>: they don't fit the model's input.
    /// </response>
    /// <response code="429"><c>overloaded</c>: the model's queue is full; see Retry-After.</response>
    /// <response code="503">
    /// <c>model_not_ready</c>: the version is being created or loaded, was unloaded, its files are damaged, or none of
    /// the model's versions reproduced its golden samples. <c>out_of_memory</c>: there is not enough memory to load the
    /// version. See Retry-After.
    /// </response>
    /// <response code="504"><c>deadline_exceeded</c>: the scores were not computed before the deadline.</response>
    [HttpPost("predict")]
    [ConsumesFiles("images", alsoRaw: true)]
    [ConsumesJson(typeof(PredictBody), Examples.OnePixelImage)]
    [ProducesResponseType<PredictResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status413PayloadTooLarge)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status415UnsupportedMediaType)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status422UnprocessableEntity)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status429TooManyRequests)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status504GatewayTimeout)]
    public Task<ActionResult<PredictResponse>> Predict(
        string name,
        [FromQuery(Name = "top_k"), Range(1, 1_000_000)] int topK = 5,
        [FromQuery] ScoreKind scores = ScoreKind.Probabilities
    ) => RunAsync(name, null, topK, scores);

    /// <summary>Scores one or more images with one version of the model.</summary>
    /// <remarks>The body and the headers are the same as for the default version.</remarks>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="topK">Number of best classes to return.</param>
    /// <param name="scores">The scores to return for all classes, in addition to the best classes.</param>
    /// <response code="200">
    /// One prediction for each image. If only some of the images can't be used, their predictions hold an <c>error</c>
    /// instead of scores.
    /// </response>
    /// <response code="400">
    /// <c>malformed_request</c>: there is no image, there are too many, or the body, a header or the query can't be
    /// read.
    /// </response>
    /// <response code="404">
    /// <c>model_not_found</c>: there is no model of that name. <c>version_not_found</c>: the model has no version of
    /// that number.
    /// </response>
    /// <response code="413">
    /// <c>body_too_large</c>: the body is larger than the server allows.
    /// <c>image_too_large</c>: an image has more bytes or pixels than the server allows.
    /// </response>
    /// <response code="415">
    /// <c>unsupported_media_type</c>: the body must be an image, multipart/form-data or application/json.
    /// </response>
    /// <response code="422">
    /// None of the images could be used. <c>image_undecodable</c>: they are damaged or of an unknown format.
    /// <c>input_mismatch</c>: they don't fit the model's input.
    /// </response>
    /// <response code="429"><c>overloaded</c>: the model's queue is full; see Retry-After.</response>
    /// <response code="503">
    /// <c>model_not_ready</c>: the version is being created or loaded, was unloaded, or its files are damaged.
    /// <c>out_of_memory</c>: there is not enough memory to load the version. See Retry-After.
    /// </response>
    /// <response code="504"><c>deadline_exceeded</c>: the scores were not computed before the deadline.</response>
    [HttpPost("versions/{version:int}/predict")]
    [ConsumesFiles("images", alsoRaw: true)]
    [ConsumesJson(typeof(PredictBody), Examples.OnePixelImage)]
    [ProducesResponseType<PredictResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status413PayloadTooLarge)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status415UnsupportedMediaType)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status422UnprocessableEntity)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status429TooManyRequests)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status504GatewayTimeout)]
    public Task<ActionResult<PredictResponse>> PredictVersion(
        string name,
        int version,
        [FromQuery(Name = "top_k"), Range(1, 1_000_000)] int topK = 5,
        [FromQuery] ScoreKind scores = ScoreKind.Probabilities
    ) => RunAsync(name, version, topK, scores);

    private async Task<ActionResult<PredictResponse>> RunAsync(string name, int? version, int topK, ScoreKind scores)
    {
        // When the client disconnects, inputs that still wait in the queue are dropped.
        var aborted = HttpContext.RequestAborted;
        var terms = RequestTerms.From(Request);
        var inputs = await PredictRequest.ReadAsync(Request, limits.Value, aborted);
        var predicted = await predictions.PredictAsync(name, version, inputs, terms.ToPredictionTerms(), aborted);
        if ((predicted.Value?.Source.Version ?? (predicted.Failure as PredictionFailure)?.Version) is { } found)
        {
            log.Set("Model", name);
            log.Set("Version", found);
            log.Set("Count", inputs.Count);
        }

        return predicted.ToResult(result =>
        {
            log.Set("Timing", TimingResponse.Create(result.Timing), destructureObjects: true);
            return PredictResponse.Create(result, topK, scores);
        });
    }
}
