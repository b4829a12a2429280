using System.Text.Json;
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
using ModelService.Models.Language.Analysis;
using ModelService.Models.Registry;
using ModelService.Models.Storage;

namespace ModelService.Api.Controllers;

/// <summary>The versions of a model. A version never changes; a new one takes over when it is ready.</summary>
[ApiController]
[Route("v1/models/{name}/versions")]
[Produces("application/json", "application/problem+json")]
public sealed class VersionsController(
    ModelRegistry registry,
    StagingFolder staging,
    IOptions<LimitsOptions> limits,
    IOptions<ArchitectureLimits> architectureLimits
) : ControllerBase
{
    /// <summary>Makes a new version, which takes over when it is ready.</summary>
    /// <remarks>
    /// As a model is created, without its name: JSON, or multipart/form-data with <c>definition</c>, <c>weights</c> or both. What is left out comes from the default
    /// version: only weights, only a head, or only labels will do. Without weights it takes every tensor of that version that still fits. With <c>base</c> it
    /// starts afresh. The others serve on while it is built and warmed, and if that fails. A version that does not reproduce the golden samples, its own or
    /// else those of the default version, does not take over: it answers by its number, and <c>samples</c> says how it differs.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="allowPartial">Takes what fits of the weights, and leaves the rest random; the model says so in every answer.</param>
    /// <param name="cancellationToken">Fires when the client leaves.</param>
    /// <response code="201">The version, ready to predict; Location says where it is.</response>
    /// <response code="400"><c>malformed_request</c>: the body is no JSON, or a part is missing.</response>
    /// <response code="404"><c>model_not_found</c>.</response>
    /// <response code="413"><c>body_too_large</c>.</response>
    /// <response code="415"><c>unsupported_media_type</c>.</response>
    /// <response code="422"><c>definition_invalid</c>, <c>weights_unreadable</c> or <c>weights_mismatch</c>: every error with its place, and a mismatch with the report.</response>
    /// <response code="503"><c>model_not_ready</c>: the model is being built; <c>out_of_memory</c> or <c>storage_unavailable</c>: it does not fit, or can't be kept; <c>plan_rejected</c>: it was tried in a process of its own, which did not come to its end. See Retry-After.</response>
    [HttpPost]
    [Authorize(Scopes.Manage), RequestTimeout(RequestLimits.Upload)]
    [
        ConsumesJson(typeof(ModelDefinition), Examples.NextVersion, OfVersion = true),
        ConsumesFiles("weights", hasDefinition: true)
    ]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status201Created)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status413PayloadTooLarge)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status415UnsupportedMediaType)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status422UnprocessableEntity)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<CreatedAtActionResult> Create(
        string name,
        CancellationToken cancellationToken,
        [FromQuery(Name = "allow_partial")] bool allowPartial = false
    )
    {
        var model = registry.Find(name);
        using var request = await CreateModelRequest.ReadAsync(
            Request,
            limits.Value,
            staging,
            json => ResolveModel(json, model),
            cancellationToken,
            needsDefinition: false
        );
        var version = await registry.AddVersionAsync(
            request.Resolved,
            request.Weights?.Upload,
            allowPartial,
            cancellationToken
        );
        return CreatedAtAction(
            nameof(Get),
            new { name, version = version.Version },
            ModelResponse.Create(model, version)
        );
    }

    /// <summary>Shows a version.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">Its number.</param>
    /// <response code="200">The version.</response>
    /// <response code="404"><c>model_not_found</c> or <c>version_not_found</c>.</response>
    /// <response code="503"><c>model_not_ready</c>: the model's first version is being built; see Retry-After.</response>
    [HttpGet("{version:int}")]
    [Authorize(Scopes.Read)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public ModelResponse Get(string name, int version) =>
        ModelResponse.Create(registry.Find(name), registry.Find(name, version));

    /// <summary>Removes a version. Predictions that run are finished first; later ones go to the default version.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">Its number, which is not given to another one.</param>
    /// <response code="200">It is gone; how many bytes came back.</response>
    /// <response code="404"><c>model_not_found</c> or <c>version_not_found</c>.</response>
    /// <response code="409"><c>version_conflict</c>: it is pinned as the default, or the only one.</response>
    /// <response code="503"><c>model_not_ready</c>: the model's first version is being built; <c>storage_unavailable</c>: its files can't be removed. See Retry-After.</response>
    [HttpDelete("{version:int}")]
    [Authorize(Scopes.Manage)]
    [ProducesResponseType<VersionDeletedResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status409Conflict)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<VersionDeletedResponse> Delete(string name, int version) =>
        new(name, version, await registry.DeleteVersionAsync(name, version));

    /// <summary>Brings a version into memory.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">Its number.</param>
    /// <response code="200">It is ready.</response>
    /// <response code="404"><c>model_not_found</c> or <c>version_not_found</c>.</response>
    /// <response code="503"><c>model_not_ready</c>: its files are damaged, or it was never made; <c>out_of_memory</c>: it does not fit, with the numbers.</response>
    [HttpPost("{version:int}/load")]
    [Authorize(Scopes.Manage)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<ModelResponse> Load(string name, int version)
    {
        var loaded = await registry.LoadAsync(name, version);
        return ModelResponse.Create(registry.Find(name), loaded);
    }

    /// <summary>Takes a version out of memory; it is kept on the disk. Predictions that run are finished first.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">Its number.</param>
    /// <response code="200">It is out of memory until it is loaded again; how many bytes the operating system got back.</response>
    /// <response code="404"><c>model_not_found</c> or <c>version_not_found</c>.</response>
    /// <response code="503"><c>model_not_ready</c>: it is being built or loaded, or can't be served anyway; see Retry-After.</response>
    [HttpPost("{version:int}/unload")]
    [Authorize(Scopes.Manage)]
    [ProducesResponseType<VersionUnloadedResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<VersionUnloadedResponse> Unload(string name, int version)
    {
        var (unloaded, before, after) = await registry.UnloadAsync(name, version);
        return new VersionUnloadedResponse(name, version, unloaded.State, Math.Max(0, before - after), before, after);
    }

    private ResolvedModel ResolveModel(JsonElement json, ModelEntry model) =>
        ResolvedModel.Read(
            VersionDefinition.Complete(json, model),
            architectureLimits.Value,
            reference => registry.Find(reference.Name, reference.Version).Resolved
        );
}
