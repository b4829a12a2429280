using Microsoft.Extensions.Diagnostics.HealthChecks;
using ModelService.Models.Storage;

namespace ModelService.Api.Health;

/// <summary>Whether new models could be kept.</summary>
/// <param name="folder">Where they are kept.</param>
internal sealed class StorageCheck(DataFolder folder) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            folder.WhyNotWritable() is { } why ? HealthCheckResult.Unhealthy(why) : HealthCheckResult.Healthy()
        );
}
