using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace ModelService.Api.Embedding;

/// <summary>
/// Passes requests of another program through the server's own pipeline. The server sees what came from the client, and
/// nothing of what the program has found out about it: no endpoint, no user, no items.
/// </summary>
/// <param name="services">The server's services.</param>
/// <param name="next">The server's pipeline.</param>
internal sealed class EmbeddedPipeline(IServiceProvider services, RequestDelegate next)
{
    /// <summary>The name of the route's parameter with what follows the place where the server is mapped.</summary>
    public const string Rest = "modelServicePath";

    private readonly IHttpContextFactory contexts = services.GetRequiredService<IHttpContextFactory>();
    private readonly IServiceScopeFactory scopes = services.GetRequiredService<IServiceScopeFactory>();

    /// <summary>Answers a request.</summary>
    /// <param name="outer">The request as the program has it.</param>
    public async Task AnswerAsync(HttpContext outer)
    {
        var inner = contexts.Create(CreateFeatures(outer));
        inner.Features.Set<IServiceProvidersFeature>(new RequestServicesFeature(inner, scopes));

        // The path is one for both: the server changes it, and the program gets it back.
        var (pathBase, path) = (outer.Request.PathBase, outer.Request.Path);
        var (head, tail) = Split(path, (string?)outer.Request.RouteValues[Rest]);
        (inner.Request.PathBase, inner.Request.Path) = (pathBase + head, tail);
        try
        {
            await next(inner);
        }
        finally
        {
            (outer.Request.PathBase, outer.Request.Path) = (pathBase, path);
            contexts.Dispose(inner);
        }
    }

    // Whatever the server sets is in a layer of its own over the program's features.
    private static FeatureCollection CreateFeatures(HttpContext outer)
    {
        var features = new FeatureCollection(outer.Features);
        var own = new Own();
        features.Set<IEndpointFeature>(own);
        features.Set<IAuthenticateResultFeature>(own);
        features.Set<IHttpAuthenticationFeature>(new HttpAuthenticationFeature { User = new ClaimsPrincipal() });
        features.Set<IRouteValuesFeature>(new RouteValuesFeature());
        features.Set<IItemsFeature>(new ItemsFeature());

        // Each endpoint has its own limit for bodies, which is checked where the body is read.
        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        return features;
    }

    private static (PathString Head, PathString Tail) Split(PathString path, string? rest)
    {
        var text = path.Value ?? "";
        if (!string.IsNullOrEmpty(rest))
            return (text[..^(rest.Length + 1)], "/" + rest);
        return text.EndsWith('/') ? (text[..^1], "/") : (text, "");
    }

    private sealed class Own : IEndpointFeature, IAuthenticateResultFeature
    {
        public Endpoint? Endpoint { get; set; }

        public AuthenticateResult? AuthenticateResult { get; set; }
    }
}
