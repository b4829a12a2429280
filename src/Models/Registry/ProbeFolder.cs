using Microsoft.Extensions.Logging;
using ModelService.Models.Execution;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>Keeps the results of plan probes in the data folder: a file for each, empty when the probe passed.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="logger">Told when a result can't be kept.</param>
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
            LogForgotten(exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "How a trial went can't be remembered; the next start tries the network again")]
    private partial void LogForgotten(Exception exception);
}
