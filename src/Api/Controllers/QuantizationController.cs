using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Protection;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Errors;
using ModelService.Models.Int8;
using ModelService.Models.Runs;

namespace ModelService.Api.Controllers;

/// <summary>Makes versions that compute with 8-bit integers.</summary>
[ApiController]
[Produces("application/json")]
public sealed class QuantizationController(
    QuantizationService quantization,
    QuantizationCatalog catalog,
    IOptions<LimitsOptions> limits
) : ControllerBase
{
    private const string RespondAsync = "respond-async"; // of RFC 7240

    /// <summary>Makes a version that computes with 8-bit integers, with images that calibrate it.</summary>
    /// <remarks>
    /// The body has 20 to 500 images such as the model will see, in one of the forms of a prediction; labels are not
    /// needed. Or the images come from a data set: then there is no body.
    ///
    /// The ranges of all values are found with most of the images. The others choose among several ranges for each
    /// value, and measure how far the scores are from those in float32. Layers that would not be faster, or that would
    /// exceed the budget, stay in float32. If the budget can't be kept, nothing is made. Nothing is calibrated again
    /// when the version is loaded.
    ///
    /// It takes seconds for a small network, and some minutes for a large one; the answer comes at the end. Predictions
    /// go first. With <c>Prefer: respond-async</c> the answer comes at once: a quantization in the background, which
    /// goes on when the client disconnects, and when the server is restarted.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version that it is made of, which computes in float32.</param>
    /// <param name="dataset">Instead of a body: a data set that the images are taken from.</param>
    /// <param name="revision">The data set's revision. By default the newest.</param>
    /// <param name="images">Images of the data set.</param>
    /// <param name="maxProbabilityChange">The budget: the largest change of a probability.</param>
    /// <param name="minAgreement">The budget: the least share of images that keep their class.</param>
    /// <param name="prefer">With <c>respond-async</c>, the version is made in the background.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects: nothing is made then.</param>
    /// <response code="201">The new version, with what was measured. Location holds its address.</response>
    /// <response code="202">The quantization, which waits or runs. Location holds its address.</response>
    [HttpPost("v1/models/{name}/versions/{version:int}/quantize", Name = "quantizeVersion")]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [RequestTimeout(RequestLimits.Upload)]
    [ConsumesFiles("images", alsoRaw: true)]
    [ConsumesJson(typeof(PredictBody), Examples.OnePixelImage)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status201Created)]
    [ProducesResponseType<QuantizationResponse>(StatusCodes.Status202Accepted)]
    [FailsWith(
        ErrorCode.ImageTooLarge,
        ErrorCode.ImageUndecodable,
        ErrorCode.InputMismatch,
        ErrorCode.DatasetNotFound,
        ErrorCode.DatasetUnavailable,
        ErrorCode.QuantizationRejected,
        ErrorCode.PlanRejected,
        ErrorCode.Overloaded,
        ErrorCode.OutOfMemory
    )]
    public async Task<ActionResult> Quantize(
        string name,
        int version,
        CancellationToken cancellationToken,
        [FromQuery] string? dataset = null,
        [FromQuery] int? revision = null,
        [FromQuery, Range(QuantizationService.FewestImages, QuantizationService.MostImages)] int images = 200,
        [FromQuery(Name = "max_probability_change"), Range(0.0, 1.0)]
            double maxProbabilityChange = QuantizationBudget.DefaultMaxProbabilityChange,
        [FromQuery(Name = "min_agreement"), Range(0.0, 1.0)]
            double minAgreement = QuantizationBudget.DefaultMinAgreement,
        [FromHeader(Name = "Prefer")] string? prefer = null
    )
    {
        CalibrationImages inputs;
        if (dataset is null)
        {
            if (HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            {
                throw new ServingException(
                    ErrorCode.MalformedRequest,
                    "There are no images. Name a data set by ?dataset=, or send images as the body, as for predictions."
                );
            }

            const int Most = QuantizationService.MostImages;
            inputs = CalibrationImages.From(
                await PredictRequest.ReadAsync(Request, limits.Value, cancellationToken, Most)
            );
        }
        else if (Request.ContentLength > 0)
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                "There is a body beside ?dataset=: the images come from one of them. Leave out the other."
            );
        }
        else
        {
            inputs = quantization.FindImages(dataset, revision, images).OrThrow();
        }

        var budget = new QuantizationBudget(maxProbabilityChange, minAgreement);
        if (IsAsync(prefer))
        {
            var started = await catalog.StartAsync(name, version, inputs, budget, cancellationToken);
            return started.ToActionResult(status =>
            {
                Response.Headers["Preference-Applied"] = RespondAsync;
                return AcceptedAtAction(nameof(Get), new { quantization = status.Run.Id }, Describe(status));
            });
        }

        var made = await quantization.QuantizeAsync(name, version, inputs, budget, cancellationToken);
        return made.ToActionResult(result =>
            CreatedAtAction(
                nameof(VersionsController.Get),
                "Versions",
                new { name, version = result.Version.Version },
                ModelResponse.Create(result)
            )
        );
    }

    /// <summary>Lists the quantizations in the background.</summary>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The quantizations, the newest first.</response>
    [HttpGet("v1/quantizations", Name = "listQuantizations")]
    [Authorize(Scopes.Manage)]
    [FailsWith(ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<QuantizationListResponse>> List(CancellationToken cancellationToken) =>
        (await catalog.ListAsync(null, cancellationToken)).ToResult(found => new QuantizationListResponse([
            .. found.Select(Describe),
        ]));

    /// <summary>Returns a quantization in the background: its state, how far it is, and the version it made.</summary>
    /// <param name="quantization" example="20261127-101500-3f2a">The quantization's id.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The quantization.</response>
    [HttpGet("v1/quantizations/{quantization}", Name = "getQuantization")]
    [Authorize(Scopes.Manage)]
    [FailsWith(ErrorCode.QuantizationNotFound, ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<QuantizationResponse>> Get(
        string quantization,
        CancellationToken cancellationToken
    ) => (await catalog.FindAsync(quantization, cancellationToken)).ToResult(Describe);

    /// <summary>Ends a quantization in the background: nothing is made.</summary>
    /// <param name="quantization" example="20261127-101500-3f2a">The quantization's id.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects. It ends all the same.</param>
    /// <response code="200">The quantization as it is then. One that had ended stays as it was.</response>
    [HttpPost("v1/quantizations/{quantization}/cancel", Name = "cancelQuantization")]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [FailsWith(ErrorCode.QuantizationNotFound)]
    public async Task<ActionResult<QuantizationResponse>> Cancel(
        string quantization,
        CancellationToken cancellationToken
    ) => (await catalog.CancelAsync(quantization, keep: false, cancellationToken)).ToResult(Describe);

    /// <summary>Forgets a quantization in the background that has ended. The version that it made stays.</summary>
    /// <param name="quantization" example="20261127-101500-3f2a">The quantization's id.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The quantization that was forgotten.</response>
    [HttpDelete("v1/quantizations/{quantization}", Name = "deleteQuantization")]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [FailsWith(ErrorCode.QuantizationNotFound, ErrorCode.QuantizationConflict)]
    public async Task<ActionResult<QuantizationResponse>> Delete(
        string quantization,
        CancellationToken cancellationToken
    ) => (await catalog.RemoveAsync(quantization, cancellationToken)).ToResult(Describe);

    private static QuantizationResponse Describe(RunStatus<QuantizationRun> status) => new(status);

    // Preferences are a list, each with parameters: "respond-async, wait=10".
    private static bool IsAsync(string? prefer) =>
        prefer
            ?.Split(',')
            .Any(item => item.Split(';')[0].Trim().Equals(RespondAsync, StringComparison.OrdinalIgnoreCase))
        ?? false;
}
