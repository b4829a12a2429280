using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Cluster;
using ModelService.Api.Errors;
using ModelService.Models.Errors;

namespace ModelService.Api.Protection;

/// <summary>Applies the limits to Kestrel, the request timeouts and the rate limiter.</summary>
internal static class RequestLimits
{
    /// <summary>Name of the request timeout policy for requests that can carry weights.</summary>
    public const string Upload = "upload";

    // The data rate is not checked at first: Kestrel checks it once a second, and a connection starts slowly.
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(5);

    /// <summary>Adds the limits.</summary>
    public static void AddRequestLimits(this IHostApplicationBuilder builder)
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
        builder.Services.AddSingleton<BodyMemory>();
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
                        GetClient(http) is { } client
                            ? RateLimitPartition.GetFixedWindowLimiter(
                                client,
                                _ => new FixedWindowRateLimiterOptions
                                {
                                    PermitLimit = requests,
                                    Window = TimeSpan.FromMinutes(1),
                                }
                            )
                            : RateLimitPartition.GetNoLimiter("")
                    );
                    limiter.OnRejected = RejectAsync;
                }
            );
    }

    /// <summary>Adds the rate limiter, if the rate is limited: ASP.NET's own runs a timer for each server.</summary>
    public static void UseRequestLimits(this IApplicationBuilder app)
    {
        if (app.ApplicationServices.GetRequiredService<IOptions<LimitsOptions>>().Value.RequestsPerMinute is not null)
            app.UseRateLimiter();
    }

    private static void Limit(KestrelServerOptions kestrel, LimitsOptions limits)
    {
        kestrel.AddServerHeader = false;

        // Each endpoint has its own limit for bodies, which is checked where the body is read.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxConcurrentConnections = limits.MaxConnections;
        kestrel.Limits.MaxRequestHeadersTotalSize = limits.MaxRequestHeaderBytes;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = limits.MaxRequestHeaderBytes;
        kestrel.Limits.RequestHeadersTimeout = limits.HeadersTimeout;
        kestrel.Limits.MinRequestBodyDataRate = kestrel.Limits.MinResponseDataRate = new MinDataRate(
            limits.MinBytesPerSecond,
            GracePeriod
        );
    }

    // The client for which requests are counted: the key, or the network if keys are not required. Null means no limit:
    // for health checks and the like, for requests without a valid key, which are rejected anyway, and for those that
    // another server has counted.
    private static string? GetClient(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null ? null
        : ForwardedRequests.IsForwarded(http) ? null
        : http.RequestServices.GetRequiredService<ApiKeys>().AreRequired ? http.User.Identity?.Name
        : ClientAddress.FindNetwork(http).ToString();

    private static async ValueTask RejectAsync(OnRejectedContext context, CancellationToken cancellationToken)
    {
        var http = context.HttpContext;
        await ErrorTable.WriteAsync(
            http,
            ErrorTable.Describe(
                http,
                ErrorCode.RateLimited,
                "Too many requests within a minute. Try again after the time in Retry-After."
            ),
            context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter : null
        );
    }
}
