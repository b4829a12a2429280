using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Models.Language.Layers;

namespace ModelService.Api.Controllers;

/// <summary>The words of the architecture language.</summary>
[ApiController]
[Authorize(Scopes.Read)]
[Route("v1/layers")]
[Produces("application/json")]
public sealed class LayersController : ControllerBase
{
    /// <summary>Lists every layer type with its parameters.</summary>
    /// <response code="200">Each type: parameters, types, defaults, ranges, and what it does in a line.</response>
    [HttpGet]
    public LayerListResponse List() => new(LayerDescription.All);
}
