using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>Stores the results of plan probes beside the models: as the failure, empty when the probe passed.</summary>
/// <param name="store">The store.</param>
/// <param name="logger">Logs results that can't be stored.</param>
internal sealed partial class StoredProbes(IModelStore store, ILogger<StoredProbes> logger) : IProbeCache
{
    /// <inheritdoc/>
    public async Task<ProbeResult?> FindAsync(string key) =>
        await store.ReadProbeAsync(key) switch
        {
            null => null,
            "" => ProbeResult.Passed,
            var failure => new ProbeResult(failure),
        };

    /// <inheritdoc/>
    public async Task KeepAsync(string key, ProbeResult result)
    {
        try
        {
            await store.PutProbeAsync(key, result.Failure ?? "");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ServingException)
        {
            LogNotStored(exception);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The result of a plan probe can't be stored; the next start probes the network again"
    )]
    private partial void LogNotStored(Exception exception);
}
