using System.Net;
using System.Net.Mime;
using System.Text;

namespace ModelService.Api.Pages;

/// <summary>The page at <c>/</c>, which tells a person what this server is and where to go on.</summary>
internal static class WelcomePage
{
    private static readonly string Template = Read();

    /// <summary>Serves the page. It needs no key, and holds nothing that is secret.</summary>
    public static void MapWelcomePage(this WebApplication app) =>
        app.MapGet(
                "/",
                (HttpRequest request) =>
                {
                    var address = $"{request.Scheme}://{request.Host}{request.PathBase}";
                    return Results.Content(
                        Template.Replace("ADDRESS", WebUtility.HtmlEncode(address), StringComparison.Ordinal),
                        MediaTypeNames.Text.Html,
                        Encoding.UTF8
                    );
                }
            )
            .AllowAnonymous()
            .ExcludeFromDescription();

    private static string Read()
    {
        using var stream = typeof(WelcomePage).Assembly.GetManifestResourceStream(
            "ModelService.Api.Pages.welcome.html"
        )!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
