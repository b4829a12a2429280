using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Storage;

/// <summary>
/// The folder for uploaded files while they are being read. A process holds each of its files open until it deletes the
/// file. So when a server starts, it can tell the files of a process that was killed from those in use, and deletes
/// them.
/// </summary>
/// <param name="options">The path of the folder.</param>
/// <param name="logger">Logs the files that are deleted.</param>
public sealed partial class StagingFolder(IOptions<StorageOptions> options, ILogger<StagingFolder> logger)
    : IHostedService
{
    private const string Extension = ".staged";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string folder = Path.GetFullPath(
        options.Value.Staging ?? Path.Combine(Path.GetTempPath(), $"model-service-{Environment.UserName}")
    );

    /// <summary>A path for a new file in the folder.</summary>
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
            if (TryDelete(file))
                LogDeleted(file);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static bool TryDelete(string file)
    {
        try
        {
            using var exclusive = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return false; // it is in use, or was deleted meanwhile
        }

        File.Delete(file);
        return true;
    }

    [LoggerMessage(LogLevel.Warning, "Deleted {Path}, which a server that was killed left behind")]
    private partial void LogDeleted(string path);
}
