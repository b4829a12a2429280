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
using ModelService.Models.Language.Writing;
using ModelService.Models.Registry;
using ModelService.Models.Storage;

namespace ModelService.Api.Controllers;

/// <summary>Creates, lists, changes and deletes models.</summary>
[ApiController]
[Route("v1/models")]
[Produces("application/json", "application/problem+json")]
public sealed class ModelsController(ModelCatalog catalog, StagingFolder staging, IOptions<LimitsOptions> limits)
    : ControllerBase
{
    /// <summary>Creates a model from a definition, with or without weights.</summary>
    /// <remarks>
    /// Send the definition as JSON, or as multipart/form-data with the parts <c>definition</c> (JSON) and
    /// <c>weights</c> (a safetensors file, or a PyTorch state dict saved with
    /// <c>torch.save(model.state_dict(), "weights.pth")</c>). Without weights, the model's weights are random.
    ///
    /// With <c>from</c>, the model is derived from another model. Unless the request contains weights, the new model
    /// takes every tensor of the other model whose name and shape match.
    ///
    /// With <c>samples</c>, the model's first version becomes the default only if it reproduces these golden samples.
    /// Otherwise it is quarantined, and <c>samples</c> in the answer lists the differences.
    /// </remarks>
    /// <param name="allowPartial">
    /// Loads the tensors that match and leaves the others random. The model reports this in every answer.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="201">The model, ready to predict. Location holds its address.</response>
    /// <response code="400">
    /// <c>malformed_request</c>: the body is not valid JSON, or the form has a wrong or missing part.
    /// </response>
    /// <response code="409"><c>model_exists</c>: there is already a model of that name.</response>
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
    /// <c>out_of_memory</c>: there is not enough memory for the model.
    /// <c>storage_unavailable</c>: the model can't be written to disk.
    /// <c>plan_rejected</c>: the network failed in its probe, a first run in a separate process.
    /// <c>model_not_ready</c>: the model in <c>from</c> is still being created or loaded. See Retry-After.
    /// </response>
    [HttpPost]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [RequestTimeout(RequestLimits.Upload)]
    [ConsumesJson(typeof(ModelDefinition), Examples.SeedModel, Examples.Pets, Examples.Derived)]
    [ConsumesFiles("weights", hasDefinition: true)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status201Created)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status409Conflict)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status413PayloadTooLarge)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status415UnsupportedMediaType)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status422UnprocessableEntity)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<ActionResult> Create(
        CancellationToken cancellationToken,
        [FromQuery(Name = "allow_partial")] bool allowPartial = false
    )
    {
        using var request = await CreateModelRequest.ReadAsync(
            Request,
            limits.Value,
            staging,
            catalog.Resolve,
            cancellationToken
        );
        var created = await catalog.CreateAsync(
            request.Model,
            request.Weights?.Upload,
            allowPartial,
            cancellationToken
        );
        return created.ToActionResult(found =>
            CreatedAtAction(nameof(Get), new { name = found.Model.Name }, ModelResponse.Create(found.Model))
        );
    }

    /// <summary>Lists the models.</summary>
    /// <response code="200">The models, each with its default version.</response>
    [HttpGet]
    [Authorize(Scopes.Read)]
    public ModelListResponse List() =>
        new([.. catalog.List().Select(entry => ModelResponse.Create(entry) with { WeightsReport = null })]);

    /// <summary>Returns a model: its default version in full, and all its versions in brief.</summary>
    /// <param name="name" example="pets">The model's name.</param>
    /// <response code="200">The model.</response>
    /// <response code="404"><c>model_not_found</c>: there is no model of that name.</response>
    /// <response code="503"><c>model_not_ready</c>: the model is still being created; see Retry-After.</response>
    [HttpGet("{name}")]
    [Authorize(Scopes.Read)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public ActionResult<ModelResponse> Get(string name) => catalog.Find(name).ToResult(ModelResponse.Create);

    /// <summary>Returns the network of a model's default version.</summary>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="format">The format: the architecture language or Python.</param>
    /// <response code="200">
    /// With <c>json</c>: the architecture, with inferred parameters filled in and repeats written out. The same network
    /// can be created from it. With <c>pytorch</c>: Python source that builds the same torch.nn module with the same
    /// state dict keys.
    /// </response>
    /// <response code="400"><c>malformed_request</c>: the format is unknown.</response>
    /// <response code="404"><c>model_not_found</c>: there is no model of that name.</response>
    /// <response code="503"><c>model_not_ready</c>: the model is still being created; see Retry-After.</response>
    [HttpGet("{name}/architecture")]
    [Authorize(Scopes.Read)]
    [Produces("application/json", "text/x-python", "application/problem+json")]
    [ProducesResponseType<ArchitectureDefinition>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public ActionResult Architecture(string name, [FromQuery] ArchitectureFormat format = ArchitectureFormat.Json) =>
        catalog
            .FindNetwork(name, null)
            .ToActionResult(model =>
                format == ArchitectureFormat.Pytorch
                    ? Content(PyTorchSource.Write(model.Analysis), "text/x-python; charset=utf-8")
                    : new JsonResult(ArchitectureWriter.Write(model.Architecture, model.Analysis))
            );

    /// <summary>Deletes a model, after its running predictions have finished.</summary>
    /// <param name="name" example="pets">The model's name.</param>
    /// <response code="200">The model is deleted. The answer holds the number of bytes freed.</response>
    /// <response code="404"><c>model_not_found</c>: there is no model of that name.</response>
    /// <response code="503">
    /// <c>model_not_ready</c>: the model is still being created. <c>storage_unavailable</c>: the model's files can't be
    /// deleted. See Retry-After.
    /// </response>
    [HttpDelete("{name}")]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [ProducesResponseType<ModelDeletedResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)]
    public async Task<ActionResult<ModelDeletedResponse>> Delete(string name) =>
        (await catalog.DeleteAsync(name)).ToResult(deleted => new ModelDeletedResponse(
            name,
            deleted.BytesFreed,
            deleted.HeldBy
        ));

    /// <summary>Changes a model's default version or its labels.</summary>
    /// <remarks>
    /// Pin a version with <c>{"default_version": 2}</c>: it is the default until another version is pinned, and it
    /// stays in memory. With <c>{"default_version": "newest"}</c>, the default is again the newest version that is
    /// ready and not quarantined. With <c>{"labels": [...]}</c>, the classes of the default version get new labels.
    /// </remarks>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The model after the change.</response>
    /// <response code="400"><c>malformed_request</c>: the body is not valid JSON.</response>
    /// <response code="404">
    /// <c>model_not_found</c>: there is no model of that name. <c>version_not_found</c>: the model has no version of
    /// that number.
    /// </response>
    /// <response code="409"><c>version_conflict</c>: the version that is to be pinned can't serve.</response>
    /// <response code="413"><c>body_too_large</c>: the body is larger than the server allows.</response>
    /// <response code="415"><c>unsupported_media_type</c>: the body must be application/json.</response>
    /// <response code="422">
    /// <c>definition_invalid</c>: the change has errors. All of them are listed, each with a JSON Pointer.
    /// </response>
    /// <response code="503">
    /// <c>model_not_ready</c>: the model is still being created. <c>storage_unavailable</c>: the change can't be
    /// written to disk. See Retry-After.
    /// </response>
    [HttpPatch("{name}")]
    [ChangesModels]
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
    public async Task<ActionResult<ModelResponse>> Update(string name, CancellationToken cancellationToken)
    {
        // An unknown model is reported before errors of the change.
        if (!catalog.Find(name).TryGet(out _, out var failure))
            return new FailureResult(failure);
        var change = ModelUpdate.Read(await JsonBody.ReadAsync(Request, limits.Value, cancellationToken));
        return (await catalog.UpdateAsync(name, change, cancellationToken)).ToResult(ModelResponse.Create);
    }
}
