using System.Reflection;
using ModelService.Models.Execution;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ModelService.Api.Telemetry;

/// <summary>
/// Exports metrics to Prometheus and traces to an OTLP collector. Both are configured by OpenTelemetry's environment
/// variables.
/// </summary>
internal static class ServerTelemetry
{
    private const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Adds the service's own metrics, and what writes metrics.</summary>
    public static void AddServiceMetrics(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ServerMetrics>();
        var version = typeof(ServerTelemetry)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion;
        builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource.AddService("model-service", serviceVersion: version).AddEnvironmentVariableDetector()
            )
            .WithMetrics(static metrics =>
                metrics.AddPrometheusExporter(static prometheus => prometheus.ScopeInfoEnabled = false)
            );
    }

    /// <summary>Adds the metrics of the whole process, and traces if a collector is configured.</summary>
    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        var telemetry = builder
            .Services.AddOpenTelemetry()
            .WithMetrics(static metrics =>
                metrics.AddMeter(
                    "Microsoft.AspNetCore.Hosting",
                    "Microsoft.AspNetCore.Server.Kestrel",
                    "Microsoft.AspNetCore.RateLimiting",
                    "System.Runtime"
                )
            );
        if (string.IsNullOrEmpty(builder.Configuration[Collector]))
            return;
        telemetry.WithTracing(static traces =>
            traces
                .AddSource(ServingTraces.SourceName)
                .AddAspNetCoreInstrumentation(static requests => requests.Filter = static http => !http.IsMonitoring())
                .AddOtlpExporter()
        );
    }

    /// <summary>Maps the endpoint of the metrics: OpenTelemetry's, then the service's own.</summary>
    /// <returns>The endpoint, for adding authorization.</returns>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder endpoints) =>
        endpoints
            .MapPrometheusScrapingEndpoint(
                "/metrics",
                meterProvider: null,
                configureBranchedPipeline: static branch => branch.UseMiddleware<ServiceMetricsMiddleware>(),
                optionsName: null
            )
            .DisableHttpMetrics();

    /// <summary>
    /// Whether a request is a health check or reads the metrics, as monitoring does every few seconds.
    /// </summary>
    public static bool IsMonitoring(this HttpContext http) =>
        http.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
        || http.Request.Path.StartsWithSegments("/v2/health", StringComparison.Ordinal)
        || http.Request.Path.StartsWithSegments("/grpc.health.v1.Health", StringComparison.Ordinal)
        || http.Request.Path.StartsWithSegments("/ping", StringComparison.Ordinal)
        || http.Request.Path.StartsWithSegments("/metrics", StringComparison.Ordinal);
}
