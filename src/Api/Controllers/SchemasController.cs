using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using ModelService.Models.Language.Writing;

namespace ModelService.Api.Controllers;

/// <summary>
/// Returns JSON Schemas, with which an editor completes and checks definitions. They need no key, since an editor that
/// fetches the <c>"$schema"</c> of a file sends none, and are the same on every server of a version.
/// </summary>
[ApiController]
[AllowAnonymous]
[Route("v1/schemas")]
public sealed class SchemasController : ControllerBase
{
    /// <summary>Returns the JSON Schema (2020-12) of the architecture language.</summary>
    /// <response code="200">
    /// The schema. An architecture may refer to it as <c>"$schema"</c> for the sake of an editor; the server ignores
    /// that property.
    /// </response>
    [HttpGet("architecture", Name = "getArchitectureSchema")]
    [Produces("application/schema+json", "application/json")]
    public JsonElement Architecture() => ArchitectureSchema.Document;
}
