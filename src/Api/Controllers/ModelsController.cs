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
using ModelService.Models.Language.Writing;
using ModelService.Models.Registry;
using ModelService.Models.Storage;

namespace ModelService.Api.Controllers;

/// <summary>The models that are served.</summary>
[ApiController]
[Route("v1/models")]
[Produces("application/json", "application/problem+json")]
public sealed class ModelsController(
    ModelRegistry registry,
    StagingFolder staging,
    IOptions<LimitsOptions> limits,
    IOptions<ArchitectureLimits> architectureLimits
) : ControllerBase
{
    /// <summary>Creates a model from a definition, with weights if you bring them.</summary>
    /// <remarks>
    /// Send the definition as JSON, or as multipart/form-data with the parts <c>definition</c> (JSON) and <c>weights</c> (a safetensors file or a
    /// PyTorch state dict saved with <c>torch.save(model.state_dict(), "weights.pth")</c>). Without weights the model is random. With <c>from</c> it
    /// is derived from another model: it takes every tensor of that one whose name and shape still fit, unless it brings weights of its own.
    /// With <c>samples</c> it becomes the default only if it reproduces them; <c>samples</c> of the answer says how it differs.
    /// </remarks>
    /// <param name="allowPartial">Takes what fits of the weights, and leaves the rest random; the model says so in every answer.</param>
    /// <param name="cancellationToken">Fires when the client leaves.</param>
    /// <response code="201">The model, ready to predict; Location says where it is.</response>
    /// <response code="400"><c>malformed_request</c>: the body is no JSON, or a part is missing.</response>
    /// <response code="409"><c>model_exists</c>: there is a model of that name.</response>
    /// <response code="413"><c>body_too_large</c>.</response>
    /// <response code="415"><c>unsupported_media_type</c>.</response>
    /// <response code="422"><c>definition_invalid</c>, <c>weights_unreadable</c> or <c>weights_mismatch</c>: every error with its place, and a mismatch with the report.</response>
    /// <response code="503"><c>out_of_memory</c> or <c>storage_unavailable</c>: it does not fit, or can't be kept; <c>plan_rejected</c>: it was tried in a process of its own, which did not come to its end; <c>model_not_ready</c>: the model to derive from is being loaded. See Retry-After.</response>
    [HttpPost]
    [Authorize(Scopes.Manage), RequestTimeout(RequestLimits.Upload)]
    [
        ConsumesJson(typeof(ModelDefinition), Examples.SeedModel, Examples.Pets, Examples.Derived),
        ConsumesFiles("weights", hasDefinition: true)
    ]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status201Created)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status409Conflict)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status413PayloadTooLarge)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status415UnsupportedMediaType)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status422UnprocessableEntity)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<CreatedAtActionResult> Create(
        CancellationToken cancellationToken,
        [FromQuery(Name = "allow_partial")] bool allowPartial = false
    )
    {
        using var request = await CreateModelRequest.ReadAsync(
            Request,
            limits.Value,
            staging,
            ResolveModel,
            cancellationToken
        );
        var model = await registry.CreateAsync(
            request.Resolved,
            request.Weights?.Upload,
            allowPartial,
            cancellationToken
        );
        return CreatedAtAction(nameof(Get), new { name = model.Name }, ModelResponse.Create(model));
    }

    /// <summary>Lists the models.</summary>
    /// <response code="200">Each model.</response>
    [HttpGet]
    [Authorize(Scopes.Read)]
    public ModelListResponse List() =>
        new([.. registry.List().Select(model => ModelResponse.Create(model) with { WeightsReport = null })]);

    /// <summary>Shows a model: its default version, and a line for each of the others.</summary>
    /// <param name="name" example="pets">Its name.</param>
    /// <response code="200">The model.</response>
    /// <response code="404"><c>model_not_found</c>.</response>
    /// <response code="503"><c>model_not_ready</c>: it is being built; see Retry-After.</response>
    [HttpGet("{name}")]
    [Authorize(Scopes.Read)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public ModelResponse Get(string name) => ModelResponse.Create(registry.Find(name));

    /// <summary>Gives a model's network back.</summary>
    /// <param name="name" example="pets">Its name.</param>
    /// <param name="format">As what.</param>
    /// <response code="200">
    /// <c>json</c>: the architecture, with what was inferred filled in and repeats written out; post it to make the same network.
    /// <c>pytorch</c>: Python source that builds the same torch.nn module with the same keys, to read and to run elsewhere.
    /// </response>
    /// <response code="400"><c>malformed_request</c>: no such format.</response>
    /// <response code="404"><c>model_not_found</c>.</response>
    /// <response code="503"><c>model_not_ready</c>: it is being built; see Retry-After.</response>
    [HttpGet("{name}/architecture")]
    [Authorize(Scopes.Read)]
    [Produces("application/json", "text/x-python", "application/problem+json")]
    [ProducesResponseType<ArchitectureDefinition>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public IActionResult Architecture(string name, [FromQuery] ArchitectureFormat format = ArchitectureFormat.Json)
    {
        var resolved = registry.Find(name, null).Resolved;
        return format == ArchitectureFormat.Pytorch
            ? Content(PyTorchSource.Write(resolved.Analysis), "text/x-python; charset=utf-8")
            : new JsonResult(ArchitectureWriter.Write(resolved.Architecture, resolved.Analysis));
    }

    /// <summary>Removes a model. Predictions that run are finished first.</summary>
    /// <param name="name" example="pets">Its name.</param>
    /// <response code="200">It is gone; how many bytes came back.</response>
    /// <response code="404"><c>model_not_found</c>.</response>
    /// <response code="503"><c>model_not_ready</c>: it is being built; <c>storage_unavailable</c>: its files can't be removed. See Retry-After.</response>
    [HttpDelete("{name}")]
    [Authorize(Scopes.Manage)]
    [ProducesResponseType<ModelDeletedResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<ModelDeletedResponse> Delete(string name) => new(name, await registry.DeleteAsync(name));

    /// <summary>Changes which version is the default, and the labels.</summary>
    /// <remarks>
    /// <c>{"default_version": 2}</c> pins a version: it is the default until another one is pinned, and stays in memory. <c>{"default_version": "newest"}</c>
    /// goes back to the newest that is ready and not held back. <c>{"labels": [...]}</c> names the classes of the default version otherwise.
    /// </remarks>
    /// <param name="name" example="pets">Its name.</param>
    /// <param name="cancellationToken">Fires when the client leaves.</param>
    /// <response code="200">The model as it is now.</response>
    /// <response code="400"><c>malformed_request</c>: the body is no JSON.</response>
    /// <response code="404"><c>model_not_found</c> or <c>version_not_found</c>.</response>
    /// <response code="409"><c>version_conflict</c>: that version can't be served.</response>
    /// <response code="413"><c>body_too_large</c>.</response>
    /// <response code="415"><c>unsupported_media_type</c>.</response>
    /// <response code="422"><c>definition_invalid</c>: every error with its place.</response>
    /// <response code="503"><c>model_not_ready</c>: it is being built; <c>storage_unavailable</c>: the change can't be kept. See Retry-After.</response>
    [HttpPatch("{name}")]
    [Authorize(Scopes.Manage)]
    [ConsumesJson(typeof(ModelUpdateBody), Examples.Pin)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status409Conflict)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status413PayloadTooLarge)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status415UnsupportedMediaType)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status422UnprocessableEntity)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<ModelResponse> Update(string name, CancellationToken cancellationToken)
    {
        registry.Find(name);
        var change = ModelUpdate.Read(await JsonBody.ReadAsync(Request, limits.Value, cancellationToken));
        return ModelResponse.Create(await registry.UpdateAsync(name, change, cancellationToken));
    }

    private ResolvedModel ResolveModel(JsonElement json) =>
        ResolvedModel.Read(
            json,
            architectureLimits.Value,
            reference => registry.Find(reference.Name, reference.Version).Resolved
        );
}
