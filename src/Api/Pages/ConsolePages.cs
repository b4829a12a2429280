using Microsoft.Extensions.FileProviders;
using ModelService.Api.Protection;

namespace ModelService.Api.Pages;

/// <summary>
/// The web console at <c>/</c>: the files of <c>wwwroot</c>, which need no key and hold nothing secret.
/// </summary>
internal static class ConsolePages
{
    // Scripts, styles and requests of this server only. Pictures that a user has chosen, and those fetched with a key,
    // have blob: addresses.
    private const string ContentSecurityPolicy =
        "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";

    /// <summary>
    /// Serves the console inside another program, which has its files within this assembly and not beside it.
    /// </summary>
    public static void UseEmbeddedConsole(this IApplicationBuilder app)
    {
        app.UseConsole();
        app.UseStaticFiles(
            new StaticFileOptions
            {
                FileProvider = new EmbeddedFileProvider(typeof(ConsolePages).Assembly, "ModelService.Api.wwwroot"),
                OnPrepareResponse = static file => file.Context.Items[PageHeaders.Policy] = ContentSecurityPolicy,
            }
        );
    }

    /// <summary>Serves <c>/</c> as the console's page. It precedes routing.</summary>
    public static void UseConsole(this IApplicationBuilder app) =>
        app.Use(
            static (http, next) =>
            {
                if (!http.Request.Path.HasValue)
                {
                    // The addresses in the page begin with its folder.
                    http.Response.Redirect($"{http.Request.PathBase}/{http.Request.QueryString}");
                    return Task.CompletedTask;
                }

                if (http.Request.Path == "/")
                    http.Request.Path = "/index.html";
                return next(http);
            }
        );

    /// <summary>Maps the console's files.</summary>
    public static void MapConsole(this IEndpointRouteBuilder endpoints) =>
        endpoints
            .MapStaticAssets()
            .AllowAnonymous()
            .DisableHttpMetrics() // they would have a series for each file
            .Add(static endpoint =>
            {
                var serve = endpoint.RequestDelegate!;
                endpoint.RequestDelegate = http =>
                {
                    http.Items[PageHeaders.Policy] = ContentSecurityPolicy;
                    return serve(http);
                };
            });
}
