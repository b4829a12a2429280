using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Serilog;

namespace ModelService.Api.Health;

/// <summary>
/// Health checks. <c>/health/live</c> succeeds while the process runs. <c>/health/ready</c> succeeds when the server
/// can take predictions. It gives the reasons when it can't, and also when the server can do nothing but that.
/// </summary>
internal static class HealthEndpoints
{
    /// <summary>Name of the check that models can be changed. A server that fails it is degraded, but ready.</summary>
    public const string Storage = "storage";

    /// <summary>Adds the checks of readiness.</summary>
    public static void AddHealth(this IHostApplicationBuilder builder) =>
        builder
            .Services.AddHealthChecks()
            .AddCheck<ModelsCheck>("models")
            .AddCheck<StorageCheck>(Storage)
            .AddCheck<StoppingCheck>("stopping");

    /// <summary>Maps both endpoints.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = static _ => false })
            .DisableHttpMetrics()
            .AllowAnonymous();
        endpoints
            .MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync })
            .DisableHttpMetrics()
            .AllowAnonymous();
    }

    private static Task WriteAsync(HttpContext http, HealthReport report)
    {
        var reasons = report
            .Entries.Values.Where(entry => entry.Status != HealthStatus.Healthy)
            .Select(entry => entry.Description)
            .ToList();
        http.RequestServices.GetRequiredService<IDiagnosticContext>().Set("Reasons", reasons);
        var status = report.Status switch
        {
            HealthStatus.Healthy => "ready",
            HealthStatus.Degraded => "degraded",
            _ => "not_ready",
        };
        return http.Response.WriteAsJsonAsync(new ReadyResponse(status, reasons));
    }

    /// <summary>The answer of <c>/health/ready</c>.</summary>
    /// <param name="Status">
    /// <c>ready</c>; <c>degraded</c>: the server predicts, but can't change its models; or <c>not_ready</c>.
    /// </param>
    /// <param name="Reasons">
    /// The reasons why the server is degraded or not ready. They name no models, because health checks require no key.
    /// </param>
    private sealed record ReadyResponse(string Status, IReadOnlyList<string?> Reasons);
}
