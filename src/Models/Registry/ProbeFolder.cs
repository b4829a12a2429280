using Microsoft.Extensions.Logging;
using ModelService.Models.Execution;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>
/// Stores the results of plan probes in the data folder: one file per probe, empty when the probe passed.
/// </summary>
/// <param name="folder">The data folder.</param>
/// <param name="logger">Logs results that can't be stored.</param>
internal sealed partial class ProbeFolder(DataFolder folder, ILogger<ProbeFolder> logger) : IProbeCache
{
    /// <inheritdoc/>
    public ProbeResult? Find(string key)
    {
        var path = Path.Combine(folder.Probes, key);
        if (!File.Exists(path))
            return null;
        return File.ReadAllText(path) is { Length: > 0 } failure ? new ProbeResult(failure) : ProbeResult.Passed;
    }

    /// <inheritdoc/>
    public void Keep(string key, ProbeResult result)
    {
        if (!folder.IsWritable)
            return;
        try
        {
            var staged = folder.NewStagingPath();
            File.WriteAllText(staged, result.Failure);
            File.Move(staged, Path.Combine(folder.Probes, key), overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
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
