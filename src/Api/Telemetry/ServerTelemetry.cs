using System.Reflection;
using ModelService.Models.Execution;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ModelService.Api.Telemetry;

/// <summary>Metrics for Prometheus, and traces for whoever collects them. OpenTelemetry's own environment variables configure it.</summary>
internal static class ServerTelemetry
{
    private const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Measures always; traces only if there is a collector to send them to.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var version = typeof(ServerTelemetry)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion;
        var telemetry = builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource.AddService("model-service", serviceVersion: version).AddEnvironmentVariableDetector()
            )
            .WithMetrics(static metrics =>
                metrics
                    .AddMeter(
                        ServingMetrics.MeterName,
                        "Microsoft.AspNetCore.Hosting",
                        "Microsoft.AspNetCore.Server.Kestrel",
                        "Microsoft.AspNetCore.RateLimiting",
                        "System.Runtime"
                    )
                    .AddPrometheusExporter(static prometheus => prometheus.ScopeInfoEnabled = false)
            );
        if (string.IsNullOrEmpty(builder.Configuration[Collector]))
            return;
        telemetry.WithTracing(static traces =>
            traces
                .AddSource(ServingTraces.SourceName)
                .AddAspNetCoreInstrumentation(static requests => requests.Filter = static http => !http.IsProbe())
                .AddOtlpExporter()
        );
    }

    /// <summary>Serves the metrics.</summary>
    /// <returns>The endpoint, to say who may read it.</returns>
    public static IEndpointConventionBuilder MapMetrics(this WebApplication app) =>
        app.MapPrometheusScrapingEndpoint("/metrics").DisableHttpMetrics();

    /// <summary>Whether a request only asks how the server is, as programs do every few seconds.</summary>
    public static bool IsProbe(this HttpContext http) =>
        http.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
        || http.Request.Path.StartsWithSegments("/metrics", StringComparison.Ordinal);
}
