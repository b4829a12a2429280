using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Storage;

/// <summary>
/// The folder where uploads wait while they are read. Whoever stages a file holds it open until it deletes it, so that what a killed
/// process left is told from what another one is using: the former is removed when the server starts.
/// </summary>
/// <param name="options">Where the folder is.</param>
/// <param name="logger">Told what is removed.</param>
public sealed partial class StagingFolder(IOptions<StorageOptions> options, ILogger<StagingFolder> logger)
    : IHostedService
{
    private const string Extension = ".staged";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string folder = Path.GetFullPath(
        options.Value.Staging ?? Path.Combine(Path.GetTempPath(), $"model-service-{Environment.UserName}")
    );

    /// <summary>A path for a file that is to be staged; nothing is there yet.</summary>
    public string NewPath() => Path.Combine(folder, $"{Guid.NewGuid():N}{Extension}");

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, OwnerOnly);
        foreach (var file in Directory.EnumerateFiles(folder, "*" + Extension))
        {
            if (TryRemove(file))
                LogRemoved(file);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static bool TryRemove(string file)
    {
        try
        {
            using var alone = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return false; // in use, or gone meanwhile
        }

        File.Delete(file);
        return true;
    }

    [LoggerMessage(LogLevel.Warning, "Removed {File}, which a server that was killed had left")]
    private partial void LogRemoved(string file);
}
