using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Auth;

/// <summary>Adds API keys as ASP.NET authentication, and their scopes as authorization policies.</summary>
internal static class AuthServices
{
    /// <summary>Adds both. An endpoint that names no scope requires a key all the same.</summary>
    public static void AddAuth(this IHostApplicationBuilder builder)
    {
        builder
            .Services.AddOptionsWithValidateOnStart<AuthOptions, AuthOptionsValidator>()
            .BindConfiguration(AuthOptions.Section);
        builder.Services.AddSingleton<IValidateOptions<AuthOptions>, ApiKeyRules>();
        builder.Services.AddSingleton<FailedAttempts>();
        builder.Services.AddSingleton<ApiKeys>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<ApiKeys>());

        // AddAuthentication would also add data protection for cookies, which writes encryption keys to disk.
        builder.Services.AddAuthenticationCore(static authentication =>
            authentication.DefaultScheme = ApiKeyHandler.SchemeName
        );
        builder.Services.AddWebEncoders();
        new AuthenticationBuilder(builder.Services).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(
            ApiKeyHandler.SchemeName,
            null
        );
        builder.Services.AddAuthorization();
        builder
            .Services.AddOptions<AuthorizationOptions>()
            .Configure<ApiKeys>(
                static (authorization, keys) =>
                {
                    foreach (var name in Scopes.Policies)
                    {
                        authorization.AddPolicy(
                            name,
                            policy =>
                                _ = keys.AreRequired
                                    ? policy.RequireClaim(Scopes.Claim, Scopes.Parse(name))
                                    : policy.RequireAssertion(static _ => true)
                        );
                    }

                    if (keys.AreRequired)
                    {
                        authorization.FallbackPolicy = new AuthorizationPolicyBuilder()
                            .RequireAuthenticatedUser()
                            .Build();
                    }
                }
            );
    }
}
