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
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Api.Controllers;

/// <summary>
/// Adds, loads, unloads and deletes the versions of a model. A version never changes; a new version becomes the default
/// when it is ready.
/// </summary>
[ApiController]
[Route("v1/models/{name}/versions")]
[Produces("application/json")]
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
    /// <param name="stateDict">
    /// The keys around the state dict in the file, joined by dots, such as <c>model_ema</c>, or <c>.</c> for the file's
    /// own dict. Needed only if several dicts of the file fit.
    /// </param>
    /// <param name="prefix">
    /// The prefix of the network's tensors in the file, such as <c>encoder_q</c>. Needed only if several prefixes fit.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="201">The version, ready to predict. Location holds its address.</response>
    [HttpPost(Name = "createVersion")]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [RequestTimeout(RequestLimits.Upload)]
    [ConsumesJson(typeof(ModelDefinition), Examples.NextVersion, OfVersion = true)]
    [ConsumesFiles("weights", hasDefinition: true)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status201Created)]
    [FailsWith(
        ErrorCode.VersionConflict,
        ErrorCode.VersionNotFound, // of the default version, when it is deleted meanwhile
        ErrorCode.DefinitionInvalid,
        ErrorCode.WeightsUnreadable,
        ErrorCode.WeightsMismatch,
        ErrorCode.OutOfMemory,
        ErrorCode.PlanRejected
    )]
    public async Task<ActionResult> Create(
        string name,
        CancellationToken cancellationToken,
        [FromQuery(Name = "allow_partial")] bool allowPartial = false,
        [FromQuery(Name = "state_dict")] string? stateDict = null,
        [FromQuery] string? prefix = null
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
            new WeightsTerms(allowPartial, stateDict, prefix),
            cancellationToken
        );
        return added.ToActionResult(found =>
            CreatedAtAction(nameof(Get), new { name, version = found.Version.Version }, ModelResponse.Create(found))
        );
    }

    /// <summary>Lists the versions of a model.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <response code="200">The versions, oldest first, and which of them answers by default.</response>
    [HttpGet(Name = "listVersions")]
    [Authorize(Scopes.Read)]
    public ActionResult<VersionListResponse> List(string name) =>
        catalog.Find(name).ToResult(VersionListResponse.Create);

    /// <summary>Returns a version of a model.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <response code="200">The version.</response>
    [HttpGet("{version:int}", Name = "getVersion")]
    [Authorize(Scopes.Read)]
    public ActionResult<ModelResponse> Get(string name, int version) =>
        catalog.Find(name, version).ToResult(ModelResponse.Create);

    /// <summary>
    /// Deletes a version of a model, after its running predictions have finished. Later predictions of the model use
    /// the default version.
    /// </summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number, which is never assigned again.</param>
    /// <response code="200">The version is deleted. The answer holds the number of bytes freed.</response>
    [HttpDelete("{version:int}", Name = "deleteVersion")]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [FailsWith(ErrorCode.VersionConflict)]
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
    /// <param name="cancellationToken">Fires when the client disconnects; the load goes on.</param>
    /// <response code="200">The version is ready.</response>
    [HttpPost("{version:int}/load", Name = "loadVersion")]
    [Authorize(Scopes.Manage)]
    [FailsWith(ErrorCode.OutOfMemory)]
    public async Task<ActionResult<ModelResponse>> Load(
        string name,
        int version,
        CancellationToken cancellationToken
    ) => (await catalog.LoadAsync(name, version, cancellationToken)).ToResult(ModelResponse.Create);

    /// <summary>
    /// Unloads a version from memory, after its running predictions have finished. Its files are kept.
    /// </summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <response code="200">
    /// The version is unloaded until it is loaded again. The answer holds the number of bytes returned to the operating
    /// system.
    /// </response>
    [HttpPost("{version:int}/unload", Name = "unloadVersion")]
    [Authorize(Scopes.Manage)]
    public async Task<ActionResult<VersionUnloadedResponse>> Unload(string name, int version) =>
        (await catalog.UnloadAsync(name, version)).ToResult(VersionUnloadedResponse.Create);
}
