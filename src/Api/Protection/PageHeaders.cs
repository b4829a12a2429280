namespace ModelService.Api.Protection;

/// <summary>Adds security headers, which restrict what a browser does with an answer.</summary>
internal static class PageHeaders
{
    /// <summary>The key of a request's item with another policy than that of the server's own pages.</summary>
    public static readonly object Policy = new();

    // The pages load their scripts as files. Swagger UI has inline styles, and icons as data: URLs.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Adds the headers to all answers, including errors.</summary>
    public static void UsePageHeaders(this IApplicationBuilder app) =>
        app.Use(
            static (http, next) =>
            {
                http.Response.OnStarting(
                    static state =>
                    {
                        var response = (HttpResponse)state;
                        var headers = response.Headers;
                        headers.XContentTypeOptions = "nosniff";
                        headers.ContentSecurityPolicy =
                            response.HttpContext.Items[Policy] as string ?? ContentSecurityPolicy;
                        headers.XFrameOptions = "DENY";
                        headers["Referrer-Policy"] = "no-referrer";
                        return Task.CompletedTask;
                    },
                    http.Response
                );
                return next(http);
            }
        );
}
