using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Access;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Api.Controllers;

/// <summary>Makes, lists and revokes API keys.</summary>
[ApiController]
[Authorize(Scopes.Admin)]
[Route("v1/keys")]
[Produces("application/json")]
public sealed class KeysController(KeyCatalog stored, IOptions<LimitsOptions> limits) : ControllerBase
{
    /// <summary>Makes a key.</summary>
    /// <remarks>
    /// The answer has the key, which is not shown again: the database has only its SHA-256. When the answer comes, all
    /// servers that share the database accept the key.
    ///
    /// Keys are made and revoked here when the models are in a database (<c>ModelService:Storage:Kind</c> is
    /// <c>postgres</c>). Otherwise they are in the configuration and the keys file, and the answer is <c>not_found</c>.
    /// </remarks>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="201">The key.</response>
    [HttpPost(Name = "createKey")]
    [ConsumesJson(typeof(CreateKeyBody), Examples.NewKey)]
    [ProducesResponseType<KeyCreatedResponse>(StatusCodes.Status201Created)]
    [FailsWith(ErrorCode.NotFound, ErrorCode.KeyExists, ErrorCode.ReadOnly, ErrorCode.StorageUnavailable)]
    public async Task<ActionResult> Create(CancellationToken cancellationToken)
    {
        if (stored.Refusal is { } refusal)
            return new FailureResult(refusal);
        var body = CreateKeyBody.Read(await JsonBody.ReadAsync(Request, limits.Value, cancellationToken));
        if (Configured().Any(configured => configured.Name == body.Name))
        {
            var detail = $"A key named '{body.Name}' is in the server's configuration. Choose another name.";
            return new FailureResult(new Failure(ErrorCode.KeyExists, detail));
        }

        var key = NewKey.Create();
        var definition = NewKey.Define(body.Name, key, body.Scopes);
        var added = await stored.AddAsync(
            new StoredKey(definition.Name, definition.Sha256, body.Scopes, body.ExpiresAt, User.Identity?.Name)
        );
        return added.ToActionResult(made =>
        {
            Response.Headers.CacheControl = "no-store";
            return Created(
                $"/v1/keys/{Uri.EscapeDataString(made.Name)}",
                new KeyCreatedResponse(made.Name, key, made.Scopes, made.Created, made.Expires)
            );
        });
    }

    /// <summary>Lists the keys that this server knows, also those that are valid no longer.</summary>
    /// <response code="200">The keys, without the keys themselves.</response>
    [HttpGet(Name = "listKeys")]
    public KeyListResponse List() =>
        new([
            .. Configured().Select(KnownKeyResponse.Create),
            .. stored.List().Select(key => KnownKeyResponse.Create(key, stored.IsValid(key))),
        ]);

    /// <summary>Revokes a key. When the answer comes, no server that shares the database accepts it.</summary>
    /// <remarks>
    /// A server that is cut off from the database at that moment accepts the key until it is connected again.
    /// </remarks>
    /// <param name="name" example="camera">The key's name.</param>
    /// <response code="200">The key, which stays listed.</response>
    [HttpDelete("{name}", Name = "revokeKey")]
    [FailsWith(ErrorCode.NotFound, ErrorCode.KeyNotFound, ErrorCode.ReadOnly, ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<KnownKeyResponse>> Revoke(string name) =>
        (await stored.RevokeAsync(name, User.Identity?.Name)).ToResult(key =>
            KnownKeyResponse.Create(key, isValid: false)
        );

    // A public type has no internal one as a parameter.
    private IEnumerable<ApiKeyDefinition> Configured() =>
        HttpContext.RequestServices.GetRequiredService<ApiKeys>().Configured;
}
