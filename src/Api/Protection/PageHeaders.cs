namespace ModelService.Api.Protection;

/// <summary>Tells browsers what an answer may not be used for.</summary>
internal static class PageHeaders
{
    // The pages bring their scripts as files; Swagger UI has styles inline, and icons as data.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Puts the headers on every answer, errors too.</summary>
    public static void UsePageHeaders(this WebApplication app) =>
        app.Use(
            static (http, next) =>
            {
                http.Response.OnStarting(
                    static state =>
                    {
                        var headers = ((HttpResponse)state).Headers;
                        headers.XContentTypeOptions = "nosniff";
                        headers.ContentSecurityPolicy = ContentSecurityPolicy;
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
