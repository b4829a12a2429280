using Microsoft.Extensions.Diagnostics.HealthChecks;
using ModelService.Models.Storage;

namespace ModelService.Api.Health;

/// <summary>Checks that new models can be written to disk.</summary>
/// <param name="folder">The folder with the models.</param>
internal sealed class StorageCheck(DataFolder folder) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            folder.WhyNotWritable() is { } reason ? HealthCheckResult.Unhealthy(reason) : HealthCheckResult.Healthy()
        );
}
