using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Storage;

/// <summary>
/// The folder for uploaded files while they are being read. By default it is among the system's temporary files, where
/// others may have created it first: so it must be the server user's own, closed to others, and not a link. A process
/// holds each of its files open and locked until it deletes the file. So when a server starts, it can tell the files of
/// a process that was killed from those in use, and deletes them.
/// </summary>
/// <param name="options">The path of the folder.</param>
/// <param name="logger">Logs the files that are deleted.</param>
public sealed partial class StagingFolder(IOptions<StorageOptions> options, ILogger<StagingFolder> logger)
    : IHostedService
{
    private const string Extension = ".staged";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string folder = Path.TrimEndingDirectorySeparator(
        Path.GetFullPath(
            options.Value.Staging ?? Path.Combine(Path.GetTempPath(), $"model-service-{Environment.UserName}")
        )
    );

    /// <summary>
    /// Creates a file in the folder, and the folder if it was deleted. Other users can neither read nor change the
    /// file: its mode is 0600, in a folder of mode 0700.
    /// </summary>
    /// <returns>
    /// The file, open for writing and reading. Whoever reads it uses this handle and not its path, so that it is the
    /// file that was written.
    /// </returns>
    /// <exception cref="UnusableFolderException">The folder can't be used; the log says so.</exception>
    /// <exception cref="IOException">The file can't be created.</exception>
    public FileStream CreateFile()
    {
        try
        {
            Prepare();
        }
        catch (UnusableFolderException exception)
        {
            LogUnusable(exception);
            throw;
        }

        var file = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            file.UnixCreateMode = OwnerOnly;
        return new FileStream(Path.Combine(folder, $"{Guid.NewGuid():N}{Extension}"), file);
    }

    /// <inheritdoc/>
    /// <exception cref="UnusableFolderException">The folder can't be used.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Prepare();
        foreach (var file in Directory.EnumerateFiles(folder, "*" + Extension))
        {
            if (TryDelete(file))
                LogDeleted(file);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Creates the folder if it does not exist, and refuses one that others can enter or exchange.
    private void Prepare()
    {
        const string Advice = "Change it, or choose another one with ModelService:Storage:Staging.";
        string? fault;
        try
        {
            fault = PrivateFolder.Create(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UnusableFolderException(
                $"The folder for uploads {folder} can't be created: {exception.Message} {Advice}",
                exception
            );
        }

        if (fault is not null)
            throw new UnusableFolderException($"The folder for uploads {folder} {fault}. {Advice}");
    }

    private static bool TryDelete(string file)
    {
        try
        {
            using var exclusive = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // it is in use, or was deleted meanwhile
        }

        File.Delete(file);
        return true;
    }

    [LoggerMessage(LogLevel.Warning, "Deleted {Path}, which a server that was killed left behind")]
    private partial void LogDeleted(string path);

    [LoggerMessage(LogLevel.Error, "Uploads can't be written")]
    private partial void LogUnusable(Exception exception);
}
