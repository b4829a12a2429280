using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Imaging.Drawing;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Explanation;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Language.Reading;
using ModelService.Models.Scheduling;

namespace ModelService.Api.Controllers;

/// <summary>Lists the predefined architectures and analyses architectures of your own.</summary>
[ApiController]
[Route("v1/architectures")]
[Produces("application/json")]
public sealed class ArchitecturesController(
    ExplanationService explanations,
    IOptions<LimitsOptions> limits,
    IOptions<ArchitectureLimits> architectureLimits,
    IOptions<BatchingOptions> batching
) : ControllerBase
{
    /// <summary>Lists the predefined architectures.</summary>
    /// <response code="200">The architectures' names, to be used as <c>"base"</c> in a model's definition.</response>
    [HttpGet(Name = "listArchitectures")]
    [Authorize(Scopes.Read)]
    public ArchitectureListResponse List() =>
        new(
            [.. PredefinedArchitectures.All.Select(architecture => architecture.Name)],
            [.. PretrainedWeights.All.Where(weights => weights.IsThere).Select(weights => weights.Architecture)]
        );

    /// <summary>Returns a predefined architecture: its definition, preprocessing and analysis.</summary>
    /// <param name="name" example="resnet50">The architecture's name.</param>
    /// <response code="200">The architecture. Its definition is written in the architecture language.</response>
    [HttpGet("{name}", Name = "getArchitecture")]
    [Authorize(Scopes.Read)]
    [FailsWith(ErrorCode.NotFound)]
    public ArchitectureResponse Get(string name)
    {
        var architecture =
            PredefinedArchitectures.Find(name)
            ?? throw new ServingException(
                ErrorCode.NotFound,
                $"'{name}' is not a predefined architecture. GET /v1/architectures lists them."
            );
        return ArchitectureResponse.Create(architecture, Describe(architecture.Analyze(architectureLimits.Value)));
    }

    /// <summary>
    /// Computes the shapes, parameters and costs of an architecture, layer by layer, without building it.
    /// </summary>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The analysis.</response>
    [ChangesNothing]
    [HttpPost("analyze", Name = "analyzeArchitecture")]
    [Authorize(Scopes.Manage)]
    [ConsumesJson(typeof(ArchitectureDefinition), Examples.SeedNetwork)]
    [FailsWith(ErrorCode.DefinitionInvalid)]
    public async Task<AnalysisResponse> Analyze(CancellationToken cancellationToken)
    {
        var architecture = await JsonBody.ReadAsync(Request, limits.Value, cancellationToken);
        return Describe(ArchitectureReader.Analyze(architecture, architectureLimits.Value));
    }

    /// <summary>Shows what a layer of an architecture gives for an image, without storing anything.</summary>
    /// <remarks>
    /// For networks that are no classifiers: a stack that ends in a filter, a convolution or a pool. Its weights are
    /// random; fixed filters, activations and pools have none. The image is resized to the network's input, with values
    /// of 0 to 1.
    /// </remarks>
    /// <param name="layer">The layer's path. By default the last layer.</param>
    /// <param name="channels">The channels: a number, or a range such as <c>0-15</c>. By default the first 64.</param>
    /// <param name="output">The form of the answer.</param>
    /// <param name="together">Whether all channels have one scale; else each has its own.</param>
    /// <param name="colors">The colours.</param>
    /// <param name="legend">With one scale: whether a bar beside the grid says what the colours mean.</param>
    /// <response code="200">The channels, in the form that was asked for.</response>
    [ChangesNothing]
    [HttpPost("features", Name = "tryArchitecture")]
    [Authorize(Scopes.Manage)]
    [Produces("image/png", "application/json", "application/octet-stream")]
    [ConsumesFiles("image", hasDefinition: true, OnlyForm = true)]
    [ConsumesJson(typeof(ArchitectureDefinition), Examples.LineDetection)]
    [ProducesResponseType<FeatureResponse>(StatusCodes.Status200OK)]
    [FailsWith(
        ErrorCode.DefinitionInvalid,
        ErrorCode.PlanRejected,
        ErrorCode.ImageTooLarge,
        ErrorCode.ImageUndecodable,
        ErrorCode.InputMismatch,
        ErrorCode.OutOfMemory
    )]
    public async Task<ActionResult> Features(
        [FromQuery] string? layer = null,
        [FromQuery] string? channels = null,
        [FromQuery] FeatureOutput? output = null,
        [FromQuery] bool together = false,
        [FromQuery] ColorScale colors = ColorScale.Viridis,
        [FromQuery] bool legend = false
    )
    {
        var aborted = HttpContext.RequestAborted;
        var form = output ?? (ExplanationsController.WantsJson(Request) ? FeatureOutput.Json : FeatureOutput.Grid);
        var terms = FeatureQuery.Read(channels, form, together, colors, legend);
        var (definition, image) = await ExplainRequest.ReadFormAsync(Request, limits.Value, aborted);
        var shown = await explanations.TryOutAsync(definition, layer, image, terms, aborted);
        return shown.ToActionResult(result => FeatureQuery.Send(this, result, form));
    }

    private AnalysisResponse Describe(ArchitectureAnalysis analysis) =>
        AnalysisResponse.Create(analysis, LargestBatch.For(analysis, batching.Value));
}
