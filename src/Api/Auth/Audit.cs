using Microsoft.AspNetCore.Authorization;
using ModelService.Api.Errors;
using ModelService.Api.Protection;
using ModelService.Models.Access;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Api.Auth;

/// <summary>
/// Adds each request that may change something to the audit: who sent it, from where, what it was about, and how it
/// ended. Bodies are not kept.
/// </summary>
internal static class Audit
{
    private static readonly string[] Changeless = [Scopes.Predict, Scopes.Metrics];

    private static readonly string[] Undecided =
    [
        ErrorTable.NameOf(ErrorCode.Unauthenticated),
        ErrorTable.NameOf(ErrorCode.RateLimited),
    ];

    /// <summary>Adds the audit. It comes before all that answers requests, so that it sees their answers.</summary>
    public static void UseAudit(this IApplicationBuilder app)
    {
        var trail = app.ApplicationServices.GetRequiredService<AuditTrail>();
        app.Use(
            async (http, next) =>
            {
                // The handler of exceptions forgets the endpoint.
                var applies = Applies(http.Request.Method, http.GetEndpoint());
                try
                {
                    await next(http);
                }
                finally
                {
                    if (applies && IsDecided(http))
                        trail.Add(Describe(http));
                }
            }
        );
    }

    /// <summary>
    /// Whether requests to an endpoint are audited. All are, but those that only read, those that keys may send which
    /// may only predict or read metrics, and those that say so (<see cref="ChangesNothingAttribute"/>).
    /// </summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="endpoint">The endpoint; null when there is none at the path.</param>
    public static bool Applies(string method, Endpoint? endpoint) =>
        endpoint is RouteEndpoint { Metadata: var metadata }
        && !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method))
        && metadata.GetMetadata<IAllowAnonymous>() is null
        && metadata.GetMetadata<ChangesNothingAttribute>() is null
        && !Changeless.Intersect(Scopes.Parse(metadata.GetMetadata<IAuthorizeData>()?.Policy ?? "")).Any();

    /// <summary>Tells the audit which model a request is about, where its path does not.</summary>
    /// <param name="http">The request.</param>
    /// <param name="name">The model's name.</param>
    public static void SetModel(HttpContext http, string name) => http.Features.Set(new AuditedModel(name));

    // A request without a valid key, or one too many, was never looked at.
    private static bool IsDecided(HttpContext http) =>
        http.Features.Get<ErrorResponse>() is not { } error || !Undecided.Contains(error.Code);

    private static AuditEntry Describe(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";

        // What was made has an address of its own.
        if (
            http.Response.StatusCode == StatusCodes.Status201Created
            && Uri.TryCreate(new Uri("http://any"), http.Response.Headers.Location.ToString(), out var made)
        )
        {
            path = Uri.UnescapeDataString(made.AbsolutePath);
        }

        return new AuditEntry(
            http.Request.Method,
            Clean(path)!,
            Clean(http.Features.Get<AuditedModel>()?.Name ?? ModelOf(http.Request.Path.Value) ?? ModelOf(path)),
            http.User.Identity?.Name,
            ClientAddress.Find(http)?.ToString(),
            ErrorTable.StatusOf(http)
        );
    }

    // Of /v1/models/NAME and /v2/repository/models/NAME.
    private static string? ModelOf(string? path) =>
        path?.Split('/') switch
        {
            [_, "v1", "models", { Length: > 0 } name, ..] => name,
            [_, "v2", "repository", "models", { Length: > 0 } name, ..] => name,
            _ => null,
        };

    // A text in the database can't have this character.
    private static string? Clean(string? text) => text?.Replace('\0', '?');

    private sealed record AuditedModel(string Name);
}

/// <summary>Marks an operation that is no change although its method could make one: it is not audited.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChangesNothingAttribute : Attribute;
