using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Errors;
using ModelService.Models.Errors;

namespace ModelService.Api.Protection;

/// <summary>Gives the limits to those of ASP.NET's parts that keep them: Kestrel, request timeouts, the rate limiter.</summary>
internal static class RequestLimits
{
    /// <summary>Request timeout of what carries weights.</summary>
    public const string Upload = "upload";

    // Kestrel looks at the rate once a second, and a connection may need a moment to come up to speed.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Adds them.</summary>
    public static void AddRequestLimits(this WebApplicationBuilder builder)
    {
        builder
            .Services.AddOptionsWithValidateOnStart<LimitsOptions, LimitsOptionsValidator>()
            .BindConfiguration(LimitsOptions.Section);
        builder
            .Services.AddOptions<HostOptions>()
            .Configure<IOptions<LimitsOptions>>(
                static (host, limits) => host.ShutdownTimeout = limits.Value.ShutdownTimeout
            );
        builder
            .Services.AddOptions<KestrelServerOptions>()
            .Configure<IOptions<LimitsOptions>>(static (kestrel, limits) => Limit(kestrel, limits.Value));
        builder.Services.AddRequestTimeouts();
        builder
            .Services.AddOptions<RequestTimeoutOptions>()
            .Configure<IOptions<LimitsOptions>>(
                static (timeouts, limits) =>
                {
                    timeouts.DefaultPolicy = new RequestTimeoutPolicy { Timeout = limits.Value.RequestTimeout };
                    timeouts.AddPolicy(Upload, limits.Value.UploadTimeout);
                }
            );
        builder.Services.AddRateLimiter(static _ => { });
        builder
            .Services.AddOptions<RateLimiterOptions>()
            .Configure<IOptions<LimitsOptions>>(
                static (limiter, limits) =>
                {
                    if (limits.Value.RequestsPerMinute is not { } requests)
                        return;
                    limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http =>
                        Asker(http) is { } asker
                            ? RateLimitPartition.GetFixedWindowLimiter(
                                asker,
                                _ => new FixedWindowRateLimiterOptions
                                {
                                    PermitLimit = requests,
                                    Window = TimeSpan.FromMinutes(1),
                                }
                            )
                            : RateLimitPartition.GetNoLimiter("")
                    );
                    limiter.OnRejected = RefuseAsync;
                }
            );
    }

    private static void Limit(KestrelServerOptions kestrel, LimitsOptions limits)
    {
        kestrel.AddServerHeader = false;

        // Bodies have a limit for each endpoint, counted where they are read.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxConcurrentConnections = limits.MaxConnections;
        kestrel.Limits.MaxRequestHeadersTotalSize = limits.MaxRequestHeaderBytes;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = limits.MaxRequestHeaderBytes;
        kestrel.Limits.RequestHeadersTimeout = limits.HeadersTimeout;
        kestrel.Limits.MinRequestBodyDataRate = kestrel.Limits.MinResponseDataRate = new MinDataRate(
            limits.MinBytesPerSecond,
            Grace
        );
    }

    // By key; by address where no key is needed. Probes are not counted, and who has no right key is refused anyway.
    private static string? Asker(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null ? null
        : http.RequestServices.GetRequiredService<ApiKeys>().AreRequired ? http.User.Identity?.Name
        : (http.Connection.RemoteIpAddress ?? IPAddress.None).ToString();

    private static async ValueTask RefuseAsync(OnRejectedContext context, CancellationToken cancellationToken)
    {
        var http = context.HttpContext;
        await ErrorTable.WriteAsync(
            http,
            ErrorTable.Describe(
                http,
                ErrorCode.RateLimited,
                "More requests came within a minute than are taken; Retry-After says when the next may."
            ),
            context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : null
        );
    }
}
