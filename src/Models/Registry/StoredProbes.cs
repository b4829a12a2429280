using System.Text.Json;
using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>Stores the results of plan probes beside the models, as JSON.</summary>
/// <param name="store">The store.</param>
/// <param name="logger">Logs results that can't be stored.</param>
internal sealed partial class StoredProbes(IModelStore store, ILogger<StoredProbes> logger) : IProbeCache
{
    /// <inheritdoc/>
    public async Task<ProbeResult?> FindAsync(string key)
    {
        try
        {
            return await store.ReadProbeAsync(key) is { } text ? JsonSerializer.Deserialize<ProbeResult>(text) : null;
        }
        catch (JsonException)
        {
            return null; // damaged: the network is probed again
        }
    }

    /// <inheritdoc/>
    public async Task KeepAsync(string key, ProbeResult result)
    {
        try
        {
            await store.PutProbeAsync(key, JsonSerializer.Serialize(result));
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
