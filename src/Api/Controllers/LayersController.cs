using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Models.Language.Layers;

namespace ModelService.Api.Controllers;

/// <summary>Lists the layer types of the architecture language.</summary>
[ApiController]
[Authorize(Scopes.Read)]
[Route("v1/layers")]
[Produces("application/json")]
public sealed class LayersController : ControllerBase
{
    /// <summary>Lists the layer types with their parameters.</summary>
    /// <response code="200">
    /// The layer types, each with a one-line description and with its parameters' types, ranges and defaults.
    /// </response>
    [HttpGet(Name = "listLayers")]
    public LayerListResponse List() => new(LayerDescription.All);
}
