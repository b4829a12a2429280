using System.Text.Json.Nodes;
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
using ModelService.Models.Int8;
using ModelService.Models.Language;
using ModelService.Models.Language.Writing;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Training.Runs;
using ModelService.Models.Weights;

namespace ModelService.Api.Controllers;

/// <summary>Creates, lists, changes and deletes models.</summary>
[ApiController]
[Route("v1/models")]
[Produces("application/json")]
public sealed class ModelsController(
    ModelCatalog catalog,
    TrainingCatalog trainings,
    QuantizationCatalog quantizations,
    StagingFolder staging,
    IOptions<LimitsOptions> limits
) : ControllerBase
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
    /// <param name="stateDict">
    /// The keys around the state dict in the file, joined by dots, such as <c>model_ema</c>, or <c>.</c> for the file's
    /// own dict. Needed only if several dicts of the file fit.
    /// </param>
    /// <param name="prefix">
    /// The prefix of the network's tensors in the file, such as <c>encoder_q</c>. Needed only if several prefixes fit.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="201">The model, ready to predict. Location holds its address.</response>
    [HttpPost(Name = "createModel")]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [RequestTimeout(RequestLimits.Upload)]
    [ConsumesJson(typeof(ModelDefinition), Examples.SeedModel, Examples.Pets, Examples.Derived)]
    [ConsumesFiles("weights", hasDefinition: true)]
    [ProducesResponseType<ModelResponse>(StatusCodes.Status201Created)]
    [FailsWith(
        ErrorCode.ModelExists,
        ErrorCode.DefinitionInvalid,
        ErrorCode.WeightsUnreadable,
        ErrorCode.WeightsMismatch,
        ErrorCode.OutOfMemory,
        ErrorCode.PlanRejected,
        ErrorCode.ModelNotReady
    )]
    public async Task<ActionResult> Create(
        CancellationToken cancellationToken,
        [FromQuery(Name = "allow_partial")] bool allowPartial = false,
        [FromQuery(Name = "state_dict")] string? stateDict = null,
        [FromQuery] string? prefix = null
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
            new WeightsTerms(allowPartial, stateDict, prefix),
            cancellationToken
        );
        return created.ToActionResult(found =>
            CreatedAtAction(nameof(Get), new { name = found.Model.Name }, ModelResponse.Create(found.Model))
        );
    }

    /// <summary>Lists the models.</summary>
    /// <response code="200">The models, each with its default version.</response>
    [HttpGet(Name = "listModels")]
    [Authorize(Scopes.Read)]
    public ModelListResponse List() =>
        new([
            .. catalog
                .List()
                .Select(entry => ModelResponse.Create(entry) with { WeightsReport = null, Quantization = null }),
        ]);

    /// <summary>Returns a model: its default version in full, and all its versions in brief.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <response code="200">The model.</response>
    [HttpGet("{name}", Name = "getModel")]
    [Authorize(Scopes.Read)]
    public ActionResult<ModelResponse> Get(string name) => catalog.Find(name).ToResult(ModelResponse.Create);

    /// <summary>Returns the network of a model's default version.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="format">The format: the architecture language or Python.</param>
    /// <response code="200">
    /// With <c>json</c>: the architecture, with inferred parameters filled in and repeats written out. The same network
    /// can be created from it. With <c>pytorch</c>: Python source that builds the same torch.nn module with the same
    /// state dict keys, for the tensors that a download of the weights holds.
    /// </response>
    [HttpGet("{name}/architecture", Name = "getModelArchitecture")]
    [Authorize(Scopes.Read)]
    [Produces("application/json", "text/x-python")]
    [ProducesResponseType<ArchitectureDefinition>(StatusCodes.Status200OK)]
    public ActionResult Architecture(string name, [FromQuery] ArchitectureFormat format = ArchitectureFormat.Json) =>
        catalog
            .Find(name, null)
            .ToActionResult(found =>
                format == ArchitectureFormat.Pytorch
                    ? Content(SourceOf(found.Version), "text/x-python; charset=utf-8")
                    : new JsonResult(ArchitectureOf(found.Version.Resolved))
            );

    /// <summary>Deletes a model, after its running predictions have finished.</summary>
    /// <remarks>Its trainings and quantizations that have not ended are cancelled.</remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <response code="200">The model is deleted. The answer holds the number of bytes freed.</response>
    [HttpDelete("{name}", Name = "deleteModel")]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    public async Task<ActionResult<ModelDeletedResponse>> Delete(string name)
    {
        var outcome = await catalog.DeleteAsync(name);
        if (outcome.Failure is null)
        {
            // The model is gone, whether or not the store that servers share can be reached for these.
            _ = await trainings.CancelOfAsync(name, CancellationToken.None);
            _ = await quantizations.CancelOfAsync(name, CancellationToken.None);
        }

        return outcome.ToResult(deleted => new ModelDeletedResponse(name, deleted.BytesFreed, deleted.HeldBy));
    }

    /// <summary>Changes a model's default version, its labels or its routes.</summary>
    /// <remarks>
    /// Pin a version with <c>{"default_version": 2}</c>: it is the default until another version is pinned, and it
    /// stays in memory. With <c>{"default_version": "newest"}</c> or null, the default is again the newest version that
    /// is ready and not quarantined. With <c>{"labels": [...]}</c>, the classes of the default version get new labels.
    ///
    /// With <c>{"routes": {"1": 90, "2": 10}}</c>, version 2 answers a tenth of the requests without a version number.
    /// A caller always gets the same version: callers are told apart by the header <c>X-Client</c>, or by the name of
    /// their key. The pinned version is the stable one; if none is pinned, the one with the largest share is pinned.
    /// <c>stop</c> has the conditions at which the stable version takes over again, and the answer's <c>canary</c>
    /// shows what was measured. <c>{"routes": null}</c> ends the routes at once.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The model after the change.</response>
    [HttpPatch("{name}", Name = "updateModel")]
    [ChangesModels]
    [Authorize(Scopes.Manage)]
    [ConsumesJson(typeof(ModelUpdateBody), Examples.Pin, Examples.Routes)]
    [FailsWith(ErrorCode.VersionNotFound, ErrorCode.VersionConflict, ErrorCode.DefinitionInvalid)]
    public async Task<ActionResult<ModelResponse>> Update(string name, CancellationToken cancellationToken)
    {
        // An unknown model is reported before errors of the change.
        if (!catalog.Find(name).TryGet(out _, out var failure))
            return new FailureResult(failure);
        var change = ModelUpdate.Read(await JsonBody.ReadAsync(Request, limits.Value, cancellationToken));
        return (await catalog.UpdateAsync(name, change, cancellationToken)).ToResult(ModelResponse.Create);
    }

    private static JsonObject ArchitectureOf(ResolvedModel model) =>
        ArchitectureWriter.Write(model.Architecture, model.Analysis);

    // With the layers that the weights have tensors for, so that PyTorch loads them into the module.
    private static string SourceOf(ModelVersion version)
    {
        var network = version.Resolved.Analysis;
        return PyTorchSource.Write(network, version.Current.Weights?.HasTrainingLayers(network) == true);
    }
}
