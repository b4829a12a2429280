using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Api.Errors;
using ModelService.Models.Errors;
using Serilog;

namespace ModelService.Api.Auth;

/// <summary>Tells who asks by the key of the request, and answers those who may not.</summary>
/// <remarks>What the base class would log is in the request's own line; and it makes its logger anew for each request.</remarks>
internal sealed partial class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILogger<ApiKeyHandler> logger,
    UrlEncoder encoder,
    ApiKeys keys,
    FailedAttempts failures,
    IDiagnosticContext log
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    /// <summary>Name of the authentication scheme.</summary>
    public const string SchemeName = "ApiKey";

    /// <summary>The header that holds a key.</summary>
    public const string Header = "X-API-Key";

    /// <summary>The scheme of the Authorization header that holds a key.</summary>
    public const string Bearer = "Bearer";

    private TimeSpan? wait;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var isWrong = (await HandleAuthenticateOnceSafeAsync()).Failure is not null;
        if (wait is { } time)
        {
            await ErrorTable.WriteAsync(
                Context,
                ErrorTable.Describe(
                    Context,
                    ErrorCode.RateLimited,
                    "Too many wrong keys came from this address; Retry-After says when another may."
                ),
                time
            );
            return;
        }

        Response.Headers.WWWAuthenticate = isWrong ? $"{Bearer} error=\"invalid_token\"" : Bearer;
        await ErrorTable.WriteAsync(
            Context,
            ErrorTable.Describe(
                Context,
                ErrorCode.Unauthenticated,
                isWrong
                    ? "The server does not know this key."
                    : $"A key is needed: send it as {Header}: KEY or as Authorization: {Bearer} KEY."
            )
        );
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var missing = Context
            .GetEndpoint()
            ?.Metadata.GetOrderedMetadata<IAuthorizeData>()
            .Select(authorize => authorize.Policy)
            .FirstOrDefault(policy =>
                policy is not null && !Scopes.Parse(policy).Any(scope => Context.User.HasClaim(Scopes.Claim, scope))
            );
        Response.Headers.WWWAuthenticate =
            $"{Bearer} error=\"insufficient_scope\", scope=\"{string.Join(' ', Scopes.Parse(missing ?? ""))}\"";
        var has = string.Join(", ", Context.User.FindAll(Scopes.Claim).Select(claim => claim.Value));
        return ErrorTable.WriteAsync(
            Context,
            ErrorTable.Describe(
                Context,
                ErrorCode.Forbidden,
                $"This needs a key with the scope {missing}; '{Context.User.Identity?.Name}' has {has}."
            )
        );
    }

    private AuthenticateResult Authenticate()
    {
        if (!keys.AreRequired || Key() is not { } key)
            return AuthenticateResult.NoResult();
        if (keys.Find(key) is { } holder)
        {
            log.Set("Key", holder.Name);
            return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(holder), SchemeName));
        }

        // Only wrong keys are counted and made to wait. A right one passes: no one guesses 256 random bits, and clients that share an address,
        // as behind a proxy, would else be locked out by one of them that has an old key.
        var address = Context.Connection.RemoteIpAddress ?? IPAddress.None;
        wait = failures.Count(address);
        if (wait is null)
            LogWrongKey(logger, address, Request.Method, Request.Path);
        return AuthenticateResult.Fail("The key is wrong.");
    }

    private string? Key()
    {
        if (Request.Headers.TryGetValue(Header, out var value))
            return value.ToString();
        var authorization = Request.Headers.Authorization.ToString();
        return authorization.StartsWith(Bearer + " ", StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : null;
    }

    [LoggerMessage(LogLevel.Warning, "A wrong key from {Address} for {Method} {Path}")]
    private static partial void LogWrongKey(
        Microsoft.Extensions.Logging.ILogger logger,
        IPAddress address,
        string method,
        string path
    );
}
