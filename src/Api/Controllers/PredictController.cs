using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Prediction;
using ModelService.Models.Registry;
using Serilog;

namespace ModelService.Api.Controllers;

/// <summary>Class scores.</summary>
[ApiController]
[Authorize(Scopes.Predict)]
[Route("v1/models/{name}")]
[Produces("application/json", "application/problem+json")]
public sealed class PredictController(
    ModelRegistry registry,
    Predictor predictor,
    IOptions<LimitsOptions> limits,
    IDiagnosticContext log
) : ControllerBase
{
    /// <summary>Scores one or more images by the model's default version.</summary>
    /// <remarks>
    /// Four forms of body: the image itself (<c>Content-Type: image/jpeg</c> or alike); <c>multipart/form-data</c> with image files;
    /// <c>{"images": ["base64", ...]}</c>; or <c>{"tensors": [{"shape": [3, 32, 32], "data": [...]}]}</c>, the model's input as it is.
    /// JPEG, PNG, WebP, GIF, BMP and TIFF are read. Image URLs are not fetched.
    /// Images of all requests that wait for a model are computed together. The header <c>X-Priority</c> (<c>high</c>, <c>normal</c>, <c>low</c>)
    /// says which go first, <c>X-Request-Timeout-Ms</c> how many milliseconds the answer may take.
    /// </remarks>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="topK">How many of the best classes to name.</param>
    /// <param name="scores">Which scores to give of every class.</param>
    /// <response code="200">One prediction for each image; a bad image among good ones has an <c>error</c> in its place.</response>
    /// <response code="400"><c>malformed_request</c>: no image, too many, or JSON that can't be read.</response>
    /// <response code="404"><c>model_not_found</c>.</response>
    /// <response code="413"><c>body_too_large</c>, or <c>image_too_large</c>: too many bytes or pixels.</response>
    /// <response code="415"><c>unsupported_media_type</c>.</response>
    /// <response code="422"><c>image_undecodable</c> or <c>input_mismatch</c>: no image could be used.</response>
    /// <response code="429"><c>overloaded</c>: too many images wait already; see Retry-After.</response>
    /// <response code="503">
    /// <c>model_not_ready</c>: it is being built or loaded, was unloaded, its files are damaged, or no version of it reproduced its golden samples; <c>out_of_memory</c>: it can't be brought into memory. See Retry-After.
    /// </response>
    /// <response code="504"><c>deadline_exceeded</c>: the scores were not there in time.</response>
    [HttpPost("predict")]
    [ConsumesFiles("images", alsoRaw: true), ConsumesJson(typeof(PredictBody), Examples.OnePixelImage)]
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

    /// <summary>Scores one or more images by one version of the model.</summary>
    /// <remarks>The body is as for the default version.</remarks>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="version" example="1">The version.</param>
    /// <param name="topK">How many of the best classes to name.</param>
    /// <param name="scores">Which scores to give of every class.</param>
    /// <response code="200">One prediction for each image; a bad image among good ones has an <c>error</c> in its place.</response>
    /// <response code="400"><c>malformed_request</c>: no image, too many, or JSON that can't be read.</response>
    /// <response code="404"><c>model_not_found</c> or <c>version_not_found</c>.</response>
    /// <response code="413"><c>body_too_large</c>, or <c>image_too_large</c>: too many bytes or pixels.</response>
    /// <response code="415"><c>unsupported_media_type</c>.</response>
    /// <response code="422"><c>image_undecodable</c> or <c>input_mismatch</c>: no image could be used.</response>
    /// <response code="429"><c>overloaded</c>: too many images wait already; see Retry-After.</response>
    /// <response code="503">
    /// <c>model_not_ready</c>: it is being built or loaded, was unloaded, or its files are damaged; <c>out_of_memory</c>: it can't be brought into memory. See Retry-After.
    /// </response>
    /// <response code="504"><c>deadline_exceeded</c>: the scores were not there in time.</response>
    [HttpPost("versions/{version:int}/predict")]
    [ConsumesFiles("images", alsoRaw: true), ConsumesJson(typeof(PredictBody), Examples.OnePixelImage)]
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
        var clientLeft = HttpContext.RequestAborted; // what has not begun is then dropped
        var terms = RequestTerms.From(Request);
        var inputs = await PredictRequest.ReadAsync(Request, limits.Value, clientLeft);
        using var lease = await registry.LeaseAsync(name, version, clientLeft);
        var outcome = await predictor.PredictAsync(lease, inputs, terms.Now(), clientLeft);
        log.Set("Model", name);
        log.Set("Version", lease.Model.Version);
        log.Set("Count", inputs.Count);
        if (!outcome.TryGet(out var result, out var failure))
            return new ErrorResult(ErrorTable.Describe(HttpContext, failure.Code, failure.Detail), failure.RetryAfter);
        log.Set("Timing", TimingResponse.Create(result.Timing), destructureObjects: true);
        ThrowIfAllFailed(result.Outcomes);
        return PredictResponse.Create(result, topK, scores);
    }

    private static void ThrowIfAllFailed(IReadOnlyList<Outcome<Scores>> outcomes)
    {
        var failures = outcomes.Select(outcome => outcome.Failure).OfType<Failure>().ToList();
        if (failures.Count < outcomes.Count)
            return;
        if (failures is [var only])
            throw new ServingException(only.Code, only.Detail);
        var code = failures.Select(failure => failure.Code).Distinct().ToList() is [var same]
            ? same
            : ErrorCode.ImageUndecodable;
        throw new ServingException(
            code,
            $"None of the {failures.Count} images could be used; the first: {failures[0].Detail}",
            [.. failures.Select((failure, index) => new ErrorDetail($"/images/{index}", failure.Detail))]
        );
    }
}
