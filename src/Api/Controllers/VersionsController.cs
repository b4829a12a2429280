using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Protection;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Language;
using ModelService.Models.Registry;
using ModelService.Models.Storage;

namespace ModelService.Api.Controllers;

/// <summary>
/// Adds, loads, unloads and deletes the versions of a model. A version never changes; a new version becomes the default
/// when it is ready.
/// </summary>
[ApiController]
[Route("v1/models/{name}/versions")]
[Produces("application/json", "application/problem+json")]
public sealed class VersionsController(ModelCatalog catalog, StagingFolder staging, IOptions<LimitsOptions> limits)
    : ControllerBase
{
    /// <summary>Creates a new version of a model, which becomes the default when it is ready.</summary>
    /// <remarks>
    /// The body is that of a new model, without the name: JSON, or multipart/form-data with <c>definition</c>,
    /// <c>weights</c> or both. Properties that are left out come from the default version, so weights, a number of
    /// classes or labels alone are enough. Without weights, the new version takes every tensor of the default version
    /// that still matches. With <c>base</c>, nothing is taken from the default version.
    ///
    /// The other versions keep serving while the new one is built and warmed up, and also if that fails. A version that
    /// does not reproduce its golden samples (or, if it has none, those of the default version) is quarantined: it does
    /// not become the default, it can be used by its number, and <c>samples</c> in the answer lists the differences.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="allowPartial">
    /// Loads the tensors that match and leaves the others random. The model reports this in every answer.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="201">The version, ready to predict. Location holds its address.</response>
    /// <response code="400">
    /// <c>malformed_request</c>: the body is not valid JSON, or the form has a wrong or missing part.
    /// </response>
    /// <response code="404"><c>model_not_found</c>: there is no model of that name.</response>
    /// <response code="413">
    /// <c>body_too_large</c>: the definition or the weights are larger than the server allows.
    /// </response>
    /// <response code="415">
    /// <c>unsupported_media_type</c>: the body must be application/json or multipart/form-data.
    /// </response>
    /// <response code="422">
    /// <c>definition_invalid</c>: the definition has errors. All of them are listed, each with a JSON Pointer.
    /// <c>weights_unreadable</c>: the file is damaged, of an unknown format, or contains code.
    /// <c>weights_mismatch</c>: the weights don't match the network; <c>report</c> lists the differences.
    /// </response>
    /// <response code="503">
    /// <c>model_not_ready</c>: the model is still being created.
    /// <c>out_of_memory</c>: there is not enough memory for the model.
    /// <c>storage_unavailable</c>: the model can't be written to disk.
    /// <c>plan_rejected</c>: the network failed in its probe, a first run in a separate process. See Retry-After.
    /// </response>
    [HttpPost]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [RequestTimeout(RequestLimits.Upload)]
    [ConsumesJson(typeof(ModelDefinition), Examples.NextVersion, OfVersion = true)]
    [ConsumesFiles("weights", hasDefinition: true)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status201Created)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status413PayloadTooLarge)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status415UnsupportedMediaType)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status422UnprocessableEntity)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<ActionResult> Create(
        string name,
        CancellationToken cancellationToken,
        [FromQuery(Name = "allow_partial")] bool allowPartial = false
    )
    {
        // An unknown model is reported before gigabytes are received.
        if (!catalog.Find(name).TryGet(out _, out var failure))
            return new FailureResult(failure);
        using var request = await CreateModelRequest.ReadAsync(
            Request,
            limits.Value,
            staging,
            json => catalog.ResolveVersion(name, json),
            cancellationToken,
            needsDefinition: false
        );
        var added = await catalog.AddVersionAsync(
            request.Model,
            request.Weights?.Upload,
            allowPartial,
            cancellationToken
        );
        return added.ToActionResult(found =>
            CreatedAtAction(nameof(Get), new { name, version = found.Version.Version }, ModelResponse.Create(found))
        );
    }

    /// <summary>Lists the versions of a model.</summary>
    /// <param name="name" example="pets">The model's name.</param>
    /// <response code="200">The versions, oldest first, and which of them answers by default.</response>
    /// <response code="404"><c>model_not_found</c>: there is no model of that name.</response>
    /// <response code="503"><c>model_not_ready</c>: the model is still being created; see Retry-After.</response>
    [HttpGet]
    [Authorize(Scopes.Read)]
    [ProducesResponseType<VersionListResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public ActionResult<VersionListResponse> List(string name) =>
        catalog.Find(name).ToResult(VersionListResponse.Create);

    /// <summary>Returns a version of a model.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <response code="200">The version.</response>
    /// <response code="404">
    /// <c>model_not_found</c>: there is no model of that name. <c>version_not_found</c>: the model has no version of
    /// that number.
    /// </response>
    /// <response code="503"><c>model_not_ready</c>: the model is still being created; see Retry-After.</response>
    [HttpGet("{version:int}")]
    [Authorize(Scopes.Read)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public ActionResult<ModelResponse> Get(string name, int version) =>
        catalog.Find(name, version).ToResult(ModelResponse.Create);

    /// <summary>
    /// Deletes a version of a model, after its running predictions have finished. Later predictions of the model use
    /// the default version.
    /// </summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number, which is never assigned again.</param>
    /// <response code="200">The version is deleted. The answer holds the number of bytes freed.</response>
    /// <response code="404">
    /// <c>model_not_found</c>: there is no model of that name. <c>version_not_found</c>: the model has no version of
    /// that number.
    /// </response>
    /// <response code="409">
    /// <c>version_conflict</c>: the version is pinned as the default, or is the model's only version.
    /// </response>
    /// <response code="503">
    /// <c>model_not_ready</c>: the model is still being created. <c>storage_unavailable</c>: the version's files can't
    /// be deleted. See Retry-After.
    /// </response>
    [HttpDelete("{version:int}")]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [ProducesResponseType<VersionDeletedResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status409Conflict)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<ActionResult<VersionDeletedResponse>> Delete(string name, int version) =>
        (await catalog.DeleteVersionAsync(name, version)).ToResult(deleted => new VersionDeletedResponse(
            name,
            version,
            deleted.BytesFreed,
            deleted.HeldBy
        ));

    /// <summary>Loads a version into memory.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <response code="200">The version is ready.</response>
    /// <response code="404">
    /// <c>model_not_found</c>: there is no model of that name. <c>version_not_found</c>: the model has no version of
    /// that number.
    /// </response>
    /// <response code="503">
    /// <c>model_not_ready</c>: the version's files are damaged, or its creation failed.
    /// <c>out_of_memory</c>: there is not enough memory; the detail holds the numbers.
    /// </response>
    [HttpPost("{version:int}/load")]
    [Authorize(Scopes.Manage)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<ActionResult<ModelResponse>> Load(string name, int version) =>
        (await catalog.LoadAsync(name, version)).ToResult(ModelResponse.Create);

    /// <summary>
    /// Unloads a version from memory, after its running predictions have finished. Its files are kept.
    /// </summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <response code="200">
    /// The version is unloaded until it is loaded again. The answer holds the number of bytes returned to the operating
    /// system.
    /// </response>
    /// <response code="404">
    /// <c>model_not_found</c>: there is no model of that name. <c>version_not_found</c>: the model has no version of
    /// that number.
    /// </response>
    /// <response code="503">
    /// <c>model_not_ready</c>: the version is being created or loaded, or has failed. See Retry-After.
    /// </response>
    [HttpPost("{version:int}/unload")]
    [Authorize(Scopes.Manage)]
    [ProducesResponseType<VersionUnloadedResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<ActionResult<VersionUnloadedResponse>> Unload(string name, int version) =>
        (await catalog.UnloadAsync(name, version)).ToResult(VersionUnloadedResponse.Create);
}
