using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Cluster;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Logging;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Errors;
using ModelService.Models.Prediction;
using Serilog;

namespace ModelService.Api.Controllers;

/// <summary>Scores images with a model.</summary>
[ApiController]
[Authorize(Scopes.Predict)]
[RunsModel]
[Route("v1/models/{name}")]
[Produces("application/json")]
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
    /// preprocessing. The image formats are JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF. Image URLs are not fetched.
    ///
    /// The server computes the waiting images of all requests for a model together, in batches. The header
    /// <c>X-Priority</c> (<c>high</c>, <c>normal</c> or <c>low</c>) sets the request's priority in the queue.
    /// <c>X-Request-Timeout-Ms</c> sets a deadline: the number of milliseconds within which the answer is needed.
    ///
    /// While the model has <c>routes</c>, they choose the version, always the same one for a caller. The answer's
    /// <c>version</c> names it.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="topK">Number of best classes to return.</param>
    /// <param name="scores">The scores to return for all classes, in addition to the best classes.</param>
    /// <response code="200">
    /// One prediction for each image. If only some of the images can't be used, their predictions hold an <c>error</c>
    /// instead of scores.
    /// </response>
    [HttpPost("predict", Name = "predict")]
    [ConsumesFiles("images", alsoRaw: true)]
    [ConsumesJson(typeof(PredictBody), Examples.OnePixelImage)]
    [FailsWith(
        ErrorCode.ImageTooLarge,
        ErrorCode.ImageUndecodable,
        ErrorCode.InputMismatch,
        ErrorCode.Overloaded,
        ErrorCode.OutOfMemory
    )]
    public Task<ActionResult<PredictResponse>> Predict(
        string name,
        [FromQuery(Name = "top_k"), Range(1, 1_000_000)] int topK = 5,
        [FromQuery] ScoreKind scores = ScoreKind.Probabilities
    ) => RunAsync(name, null, topK, scores);

    /// <summary>Scores one or more images with one version of the model.</summary>
    /// <remarks>The body and the headers are the same as for the default version.</remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="topK">Number of best classes to return.</param>
    /// <param name="scores">The scores to return for all classes, in addition to the best classes.</param>
    /// <response code="200">
    /// One prediction for each image. If only some of the images can't be used, their predictions hold an <c>error</c>
    /// instead of scores.
    /// </response>
    [HttpPost("versions/{version:int}/predict", Name = "predictWithVersion")]
    [ConsumesFiles("images", alsoRaw: true)]
    [ConsumesJson(typeof(PredictBody), Examples.OnePixelImage)]
    [FailsWith(
        ErrorCode.ImageTooLarge,
        ErrorCode.ImageUndecodable,
        ErrorCode.InputMismatch,
        ErrorCode.Overloaded,
        ErrorCode.OutOfMemory
    )]
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
        log.Set(name, inputs.Count, predicted);
        return predicted.ToResult(result => PredictResponse.Create(result, inputs, topK, scores));
    }
}
