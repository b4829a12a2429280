using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;

namespace ModelService.Api.Controllers;

/// <summary>Tells the holder of a key what it allows.</summary>
[ApiController]
[Authorize(Scopes.Any)]
[Route("v1/key")]
[Produces("application/json")]
public sealed class KeyController : ControllerBase
{
    /// <summary>Tells what the request's key allows.</summary>
    /// <remarks>It needs a key, of any scope, where the server requires keys.</remarks>
    /// <response code="200">The key's name and scopes. Without required keys: all scopes.</response>
    [HttpGet(Name = "getKey")]
    public KeyResponse Get() =>
        User.Identity is { IsAuthenticated: true, Name: { } name }
            ? new KeyResponse(name, [.. User.FindAll(Scopes.Claim).Select(static claim => claim.Value)])
            : new KeyResponse(null, Scopes.All);
}
