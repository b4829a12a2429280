using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Api.Errors;
using ModelService.Api.Protection;
using ModelService.Models.Errors;
using Serilog;

namespace ModelService.Api.Auth;

/// <summary>
/// Authenticates requests by their API key, and answers requests with a missing, wrong or insufficient key.
/// </summary>
/// <remarks>
/// The base class gets no logger: it would create one for each request, and its messages would repeat the request's own
/// log line.
/// </remarks>
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

    // Set when the request's address has sent too many wrong keys: the time until it may try again.
    private TimeSpan? retryAfter;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var isWrong = (await HandleAuthenticateOnceSafeAsync()).Failure is not null;
        if (retryAfter is not null)
        {
            await ErrorTable.WriteAsync(
                Context,
                ErrorTable.Describe(
                    Context,
                    ErrorCode.RateLimited,
                    "This address has sent too many wrong keys. Try again after the time in Retry-After."
                ),
                retryAfter
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
                    ? "The key is unknown."
                    : $"An API key is required. Send it as {Header}: KEY or as Authorization: {Bearer} KEY."
            )
        );
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var requiredPolicy = Context
            .GetEndpoint()
            ?.Metadata.GetOrderedMetadata<IAuthorizeData>()
            .Select(authorize => authorize.Policy)
            .FirstOrDefault(policy =>
                policy is not null && !Scopes.Parse(policy).Any(scope => Context.User.HasClaim(Scopes.Claim, scope))
            );
        Response.Headers.WWWAuthenticate =
            $"{Bearer} error=\"insufficient_scope\", scope=\"{string.Join(' ', Scopes.Parse(requiredPolicy ?? ""))}\"";
        var held = string.Join(", ", Context.User.FindAll(Scopes.Claim).Select(claim => claim.Value));
        return ErrorTable.WriteAsync(
            Context,
            ErrorTable.Describe(
                Context,
                ErrorCode.Forbidden,
                $"A key with the scope {requiredPolicy} is required. '{Context.User.Identity?.Name}' has {held}."
            )
        );
    }

    private AuthenticateResult Authenticate()
    {
        if (!keys.AreRequired || ReadKey() is not { } key)
            return AuthenticateResult.NoResult();
        if (keys.Find(key) is { } holder)
        {
            log.Set("Key", holder.Name);
            return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(holder), SchemeName));
        }

        // Only wrong keys are counted and refused; a correct key is always accepted. Nobody guesses 256 random bits,
        // and a client with an outdated key must not lock out other clients with the same address, for example behind a
        // proxy.
        retryAfter = failures.Count(ClientAddress.FindNetwork(Context));
        if (retryAfter is null)
        {
            var address = ClientAddress.Find(Context) ?? IPAddress.None;
            LogWrongKey(logger, address, Request.Method, Request.Path);
        }

        return AuthenticateResult.Fail("The key is wrong.");
    }

    private string? ReadKey()
    {
        if (Request.Headers.TryGetValue(Header, out var value))
            return value.ToString();
        var authorization = Request.Headers.Authorization.ToString();
        return authorization.StartsWith(Bearer + " ", StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : null;
    }

    [LoggerMessage(LogLevel.Warning, "A wrong key came from {Address} for {RequestMethod} {RequestPath}")]
    private static partial void LogWrongKey(
        Microsoft.Extensions.Logging.ILogger logger,
        IPAddress address,
        string requestMethod,
        string requestPath
    );
}
