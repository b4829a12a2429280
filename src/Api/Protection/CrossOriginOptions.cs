using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Protection;

/// <summary>Cross-origin requests (CORS): the web pages of other servers that may use the API from a browser.</summary>
public sealed class CrossOriginOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Cors";

    /// <summary>
    /// The origins of those pages. If there are none, CORS is off, and browsers block the pages of other servers.
    /// </summary>
    /// <value>A list of origins such as <c>https://shop.example</c>, or <c>*</c> for all; default: none.</value>
    public IReadOnlyList<string> Origins { get; init; } = [];
}

internal sealed class CrossOriginOptionsValidator : IValidateOptions<CrossOriginOptions>
{
    public ValidateOptionsResult Validate(string? name, CrossOriginOptions options)
    {
        var invalid = options.Origins.Where(origin => !IsOrigin(origin)).ToList();
        return invalid.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                invalid.Select(origin =>
                    $"{CrossOriginOptions.Section}:{nameof(CrossOriginOptions.Origins)}: '{origin}' is not an origin. "
                    + "An origin is https://HOST or http://HOST:PORT, without a path; * stands for all origins."
                )
            );
    }

    private static bool IsOrigin(string origin) =>
        origin == CorsConstants.AnyOrigin
        || (
            Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https"
            && uri.GetLeftPart(UriPartial.Authority) == origin
        );
}

internal static class CrossOriginServices
{
    /// <summary>Adds CORS for the configured origins.</summary>
    public static void AddCrossOrigins(this IHostApplicationBuilder builder)
    {
        builder
            .Services.AddOptionsWithValidateOnStart<CrossOriginOptions, CrossOriginOptionsValidator>()
            .BindConfiguration(CrossOriginOptions.Section);
        builder.Services.AddCors();
        builder
            .Services.AddOptions<CorsOptions>()
            .Configure<IOptions<CrossOriginOptions>>(
                static (cors, origins) =>
                {
                    if (origins.Value.Origins.Count == 0)
                        return;
                    cors.AddDefaultPolicy(policy =>
                        policy
                            .WithOrigins([.. origins.Value.Origins])
                            .AllowAnyHeader()
                            .AllowAnyMethod()
                            .WithExposedHeaders("Location", "Retry-After")
                    );
                }
            );
    }
}
