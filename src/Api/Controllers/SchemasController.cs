using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using ModelService.Api.Auth;
using ModelService.Models.Language.Writing;

namespace ModelService.Api.Controllers;

/// <summary>JSON Schemas, for editors that complete and check while you write.</summary>
[ApiController]
[Authorize(Scopes.Read)]
[Route("v1/schemas")]
public sealed class SchemasController : ControllerBase
{
    /// <summary>Gives the JSON Schema (2020-12) of the architecture language.</summary>
    /// <response code="200">The schema. An architecture may name it as <c>"$schema"</c>, for an editor; the server passes over that.</response>
    [HttpGet("architecture")]
    [Produces("application/schema+json", "application/json")]
    public JsonElement Architecture() => ArchitectureSchema.Document;
}
