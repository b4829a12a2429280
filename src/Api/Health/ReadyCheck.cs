using Microsoft.Extensions.Diagnostics.HealthChecks;
using ModelService.Models.Registry;

namespace ModelService.Api.Health;

/// <summary>Ready when all that is loaded at the start is loaded. What failed does not hold it up: the rest serves.</summary>
/// <param name="start">Loads it.</param>
/// <param name="registry">Knows what failed.</param>
internal sealed class ReadyCheck(RegistryStart start, ModelRegistry registry) : IHealthCheck
{
    public const string Tag = "ready";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        List<string> waiting = [.. start.Waiting.Select(Text)];
        List<string> failed = [.. registry.List().SelectMany(model => model.Versions).Where(version => version.State == VersionState.Failed).Select(Text)];
        var data = new Dictionary<string, object> { ["loading"] = waiting, ["failed"] = failed };
        return Task.FromResult(waiting.Count == 0 ? HealthCheckResult.Healthy(data: data) : HealthCheckResult.Unhealthy(data: data));
    }

    /// <summary>Writes <c>{"status", "loading", "failed"}</c>.</summary>
    public static Task WriteAsync(HttpContext http, HealthReport report)
    {
        var data = report.Entries.Values.SelectMany(entry => entry.Data).ToDictionary();
        return http.Response.WriteAsJsonAsync(new ReadyResponse(
            report.Status == HealthStatus.Healthy ? "ready" : "loading", data.GetValueOrDefault("loading"), data.GetValueOrDefault("failed")));
    }

    private static string Text(ModelVersion version) => $"{version.Name}@{version.Version}";

    private sealed record ReadyResponse(string Status, object? Loading, object? Failed);
}
