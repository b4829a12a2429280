using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ModelService.Api.Health;

/// <summary>Whether the server goes on, so that a load balancer sends nothing more to one that does not.</summary>
/// <param name="lifetime">Knows when it was told to stop.</param>
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
