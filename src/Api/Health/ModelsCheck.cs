using Microsoft.Extensions.Diagnostics.HealthChecks;
using ModelService.Models.Registry;

namespace ModelService.Api.Health;

/// <summary>Whether all that is loaded at the start is loaded. What failed does not hold it up: the rest serves.</summary>
/// <param name="start">Loads it.</param>
/// <param name="registry">Knows what failed.</param>
internal sealed class ModelsCheck(RegistryStart start, ModelRegistry registry) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        List<string> loading = [.. start.Waiting.Select(Text)];
        List<string> failed = [.. registry.List().SelectMany(model => model.Versions).Where(version => version.State == VersionState.Failed).Select(Text)];
        var data = new Dictionary<string, object> { ["loading"] = loading, ["failed"] = failed };
        return Task.FromResult(loading.Count == 0
            ? HealthCheckResult.Healthy(data: data)
            : HealthCheckResult.Unhealthy($"{loading.Count} versions are still to be loaded.", data: data));
    }

    private static string Text(ModelVersion version) => $"{version.Name}@{version.Version}";
}
