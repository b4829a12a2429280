using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ModelService.Api.Health;

/// <summary>
/// Checks that the server is not shutting down, so that a load balancer stops sending requests to it.
/// </summary>
/// <param name="lifetime">Signals the shutdown.</param>
internal sealed class StoppingCheck(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            lifetime.ApplicationStopping.IsCancellationRequested
                ? HealthCheckResult.Unhealthy("The server is shutting down.")
                : HealthCheckResult.Healthy()
        );
}
