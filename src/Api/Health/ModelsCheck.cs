using Microsoft.Extensions.Diagnostics.HealthChecks;
using ModelService.Models.Registry;

namespace ModelService.Api.Health;

/// <summary>Whether all that is loaded at the start is loaded. What failed does not hold it up: the rest serves.</summary>
/// <param name="start">Loads it.</param>
internal sealed class ModelsCheck(RegistryStart start) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            start.Waiting.Count is var waiting and > 0
                ? HealthCheckResult.Unhealthy($"Versions that are still to be loaded: {waiting}.")
                : HealthCheckResult.Healthy()
        );
}
