using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
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
    [HttpPost("analyze", Name = "analyzeArchitecture")]
    [Authorize(Scopes.Manage)]
    [ConsumesJson(typeof(ArchitectureDefinition), Examples.SeedNetwork)]
    [FailsWith(ErrorCode.DefinitionInvalid)]
    public async Task<AnalysisResponse> Analyze(CancellationToken cancellationToken)
    {
        var architecture = await JsonBody.ReadAsync(Request, limits.Value, cancellationToken);
        return Describe(ArchitectureReader.Analyze(architecture, architectureLimits.Value));
    }

    private AnalysisResponse Describe(ArchitectureAnalysis analysis) =>
        AnalysisResponse.Create(analysis, LargestBatch.For(analysis, batching.Value));
}
