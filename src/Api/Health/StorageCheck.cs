using Microsoft.Extensions.Diagnostics.HealthChecks;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Api.Health;

/// <summary>
/// Checks that new models can be written to disk. If not, the server is degraded, but ready: the models that it has
/// still serve.
/// </summary>
/// <param name="store">The store of the models.</param>
internal sealed class StorageCheck(IModelStore store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        await store.CheckWritableAsync(bytes: 0, cancellationToken) is { Code: ErrorCode.StorageUnavailable } failure
            ? HealthCheckResult.Degraded(failure.Detail)
            : HealthCheckResult.Healthy();
}
