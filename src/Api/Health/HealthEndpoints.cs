using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Serilog;

namespace ModelService.Api.Health;

/// <summary><c>/health/live</c>: the process turns. <c>/health/ready</c>: requests may come, or why not.</summary>
internal static class HealthEndpoints
{
    /// <summary>Adds what readiness asks.</summary>
    public static void AddHealth(this WebApplicationBuilder builder) =>
        builder
            .Services.AddHealthChecks()
            .AddCheck<ModelsCheck>("models")
            .AddCheck<StorageCheck>("storage")
            .AddCheck<StoppingCheck>("stopping");

    /// <summary>Serves both.</summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = static _ => false })
            .DisableHttpMetrics()
            .AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync })
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
        return http.Response.WriteAsJsonAsync(new ReadyResponse(reasons.Count == 0 ? "ready" : "not_ready", reasons));
    }

    /// <param name="Status"><c>ready</c> or <c>not_ready</c>.</param>
    /// <param name="Reasons">Why it is not ready. Models are not named: no key is needed to ask.</param>
    private sealed record ReadyResponse(string Status, IReadOnlyList<string?> Reasons);
}
