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
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Api.Controllers;

/// <summary>
/// Checks, uploads and downloads the weights of a model. Files are read as data: no code in them is ever executed.
/// </summary>
[ApiController]
[Authorize(Scopes.Manage)]
[RequestTimeout(RequestLimits.Upload)]
[Route("v1/models/{name}")]
public sealed class WeightsController(ModelCatalog catalog, StagingFolder staging, IOptions<LimitsOptions> limits)
    : ControllerBase
{
    /// <summary>Compares a weights file with a model's default version, without keeping the file.</summary>
    /// <remarks>
    /// The body is the file, as sent by <c>curl --data-binary @FILE</c>: safetensors, a PyTorch state dict, or
    /// TorchSharp's .dat. A file that doesn't match is not an error: <c>matches</c> is then false, and the report lists
    /// the differences. The check covers the tensors' names and shapes, the file's integrity, and the values that would
    /// be loaded: each must be a finite number in float32.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="stateDict">
    /// The keys around the state dict in the file, joined by dots, such as <c>model_ema</c>, or <c>.</c> for the file's
    /// own dict. Needed only if several dicts of the file fit.
    /// </param>
    /// <param name="prefix">
    /// The prefix of the network's tensors in the file, such as <c>encoder_q</c>. Needed only if several prefixes fit.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The tensors that loading the file would load, and those that it would not.</response>
    [ChangesNothing]
    [HttpPost("weights/check", Name = "checkWeights")]
    [ConsumesBytes]
    [Produces("application/json")]
    [FailsWith(ErrorCode.WeightsUnreadable, ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<WeightsReport>> Check(
        string name,
        CancellationToken cancellationToken,
        [FromQuery(Name = "state_dict")] string? stateDict = null,
        [FromQuery] string? prefix = null
    )
    {
        // An unknown model is reported before gigabytes are received.
        if (!catalog.FindNetwork(name, null).TryGet(out var network, out var failure))
            return new FailureResult(failure);
        using var file = await StagedFile.WriteAsync(Request, staging, limits.Value.MaxWeightsBytes, cancellationToken);
        var terms = new WeightsTerms(StateDict: stateDict, Prefix: prefix);
        var checkedFile = await catalog.CheckWeightsAsync(network, file.Upload, terms, cancellationToken);
        return checkedFile.ToResult(report => report);
    }

    /// <summary>Replaces the random weights of a version with those of a file.</summary>
    /// <remarks>
    /// The body is the file, as sent by <c>curl -T FILE</c>. The version keeps serving meanwhile; predictions that have
    /// already begun use the random weights. A version that already has weights can't be changed: create a new version
    /// instead.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="allowPartial">
    /// Loads the tensors that match and leaves the others random. The model reports this in every answer.
    /// </param>
    /// <param name="stateDict">
    /// The keys around the state dict in the file, joined by dots, such as <c>model_ema</c>, or <c>.</c> for the file's
    /// own dict. Needed only if several dicts of the file fit.
    /// </param>
    /// <param name="prefix">
    /// The prefix of the network's tensors in the file, such as <c>encoder_q</c>. Needed only if several prefixes fit.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The version after the change, with a report of the tensors that were loaded.</response>
    [HttpPut("versions/{version:int}/weights", Name = "replaceWeights")]
    [ChangesModels]
    [ConsumesBytes]
    [Produces("application/json")]
    [FailsWith(
        ErrorCode.VersionConflict,
        ErrorCode.WeightsUnreadable,
        ErrorCode.WeightsMismatch,
        ErrorCode.OutOfMemory,
        ErrorCode.PlanRejected
    )]
    public async Task<ActionResult<ModelResponse>> Put(
        string name,
        int version,
        CancellationToken cancellationToken,
        [FromQuery(Name = "allow_partial")] bool allowPartial = false,
        [FromQuery(Name = "state_dict")] string? stateDict = null,
        [FromQuery] string? prefix = null
    )
    {
        // A version that can't take weights is reported before gigabytes are received.
        if (!catalog.FindWithRandomWeights(name, version).TryGet(out _, out var failure))
            return new FailureResult(failure);
        using var file = await StagedFile.WriteAsync(Request, staging, limits.Value.MaxWeightsBytes, cancellationToken);
        var terms = new WeightsTerms(allowPartial, stateDict, prefix);
        var changed = await catalog.PutWeightsAsync(name, version, file.Upload, terms, cancellationToken);
        return changed.ToResult(ModelResponse.Create);
    }

    /// <summary>Returns a version's weights as a safetensors file.</summary>
    /// <remarks>
    /// The tensors have PyTorch's names, so <c>safetensors.torch.load_file</c> reads the file. The header's metadata
    /// holds the labels and the SHA-256 of the architecture. Uploading the file again gives a model with exactly the
    /// same weights.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The file.</response>
    [HttpGet("versions/{version:int}/weights", Name = "downloadWeights")]
    [Produces("application/octet-stream")]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK)]
    [FailsWith(ErrorCode.WeightsUnreadable)]
    public async Task<IActionResult> Download(string name, int version, CancellationToken cancellationToken)
    {
        var opened = await catalog.OpenWeightsAsync(name, version, cancellationToken);
        if (!opened.TryGet(out var file, out var failure))
            return new FailureResult(failure);
        using var sending = file;
        Response.ContentType = "application/octet-stream";
        Response.ContentLength = file.Length;
        Response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment")
        {
            FileName = file.FileName,
        }.ToString();
        await file.CopyToAsync(Response.Body, cancellationToken);
        return new EmptyResult();
    }
}
