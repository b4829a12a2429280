using Microsoft.Extensions.Diagnostics.HealthChecks;
using ModelService.Models.Registry;

namespace ModelService.Api.Health;

/// <summary>
/// Checks that no version is still to be loaded at startup. Versions that failed to load count as done, because the
/// others can serve.
/// </summary>
/// <param name="start">Loads the versions.</param>
internal sealed class ModelsCheck(RegistryStart start) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            start.Waiting.Count is var waiting and > 0
                ? HealthCheckResult.Unhealthy($"Versions still to be loaded: {waiting}.")
                : HealthCheckResult.Healthy()
        );
}
