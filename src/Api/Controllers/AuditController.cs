using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Models.Access;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Api.Controllers;

/// <summary>Shows who changed what.</summary>
[ApiController]
[Authorize(Scopes.Admin)]
[Route("v1/audit")]
[Produces("application/json")]
public sealed class AuditController(AuditTrail trail) : ControllerBase
{
    /// <summary>Lists the requests that changed something, or that asked for it in vain.</summary>
    /// <remarks>
    /// Predictions, and other requests that change nothing, are not among them; neither are requests without a valid
    /// key. An entry appears within a second of its answer. It is deleted after <c>ModelService:Audit:KeepFor</c>.
    ///
    /// It needs a database (<c>ModelService:Storage:Kind</c> is <c>postgres</c>). Without one, the audit is in the
    /// server's log, and the answer is <c>not_found</c>.
    /// </remarks>
    /// <param name="model" example="lesson">Only requests about this model.</param>
    /// <param name="since">Only requests from this moment on, such as <c>2030-01-31T12:00:00Z</c>.</param>
    /// <param name="until">Only requests before this moment. That of the last entry leads to those before it.</param>
    /// <param name="limit">The largest number of entries.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The requests, the newest first.</response>
    [HttpGet(Name = "readAudit")]
    [FailsWith(ErrorCode.NotFound, ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<AuditResponse>> Read(
        CancellationToken cancellationToken,
        [FromQuery] string? model = null,
        [FromQuery] DateTimeOffset? since = null,
        [FromQuery] DateTimeOffset? until = null,
        [FromQuery, Range(1, 1000)] int limit = 100
    ) =>
        (await trail.ReadAsync(new AuditQuery(model, since, until, limit), cancellationToken)).ToResult(
            entries => new AuditResponse([.. entries.Select(AuditEntryResponse.Create)])
        );
}
