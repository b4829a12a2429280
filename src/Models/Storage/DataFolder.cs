using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;

namespace ModelService.Models.Storage;

/// <summary>
/// The folder where a server stores its models. One server owns it: <see cref="Open"/> takes a lock, which ends when
/// this is disposed or the process ends.
/// </summary>
/// <param name="options">The path of the folder.</param>
/// <param name="environment">The content root, which a relative path starts from.</param>
/// <param name="logger">Logs why the folder can't be written.</param>
public sealed partial class DataFolder(
    IOptions<StorageOptions> options,
    IHostEnvironment environment,
    ILogger<DataFolder> logger
) : IDisposable
{
    private const string NotWritable = "The server can't write into its data folder; its log says why.";

    private readonly string root = Path.GetFullPath(options.Value.Path, environment.ContentRootPath);
    private FileStream? ownership; // of the lock file

    /// <summary>The path of the folder of models.</summary>
    internal string Models => Path.Combine(root, "models");

    /// <summary>The path of the folder of plan probes' results.</summary>
    internal string Probes => Path.Combine(root, "trials");

    /// <summary>Whether this server owns the folder, and so may write into it.</summary>
    internal bool IsWritable => ownership is not null;

    private string Staging => Path.Combine(root, ".staging");

    /// <summary>
    /// Locks the folder for this server, and deletes unfinished files of a server that was killed. If the folder can't
    /// be written, the server only reads.
    /// </summary>
    /// <exception cref="FolderInUseException">Another server owns the folder.</exception>
    internal void Open()
    {
        if (options.Value.ReadOnly)
            return;
        try
        {
            DurableFiles.CreateFolder(root);
            ownership = Lock();
            DurableFiles.CreateFolder(Models);
            DurableFiles.CreateFolder(Staging);
            DurableFiles.CreateFolder(Probes);
            foreach (var left in Directory.EnumerateDirectories(Staging))
                Directory.Delete(left, recursive: true);
            foreach (var left in Directory.EnumerateFiles(Staging))
                File.Delete(left);
        }
        catch (Exception exception)
            when (exception is IOException and not FolderInUseException or UnauthorizedAccessException)
        {
            // The models in the folder can still be served.
            LogReadOnly(exception, root);
        }
    }

    /// <summary>Checks that the folder can be written, by writing a file.</summary>
    /// <returns>Why it can't be written; null when it can, or when the server is configured to only read.</returns>
    public string? WhyNotWritable()
    {
        if (options.Value.ReadOnly)
            return null;
        if (!IsWritable)
            return NotWritable;
        try
        {
            using var file = new FileStream(
                NewStagingPath(),
                FileMode.CreateNew,
                FileAccess.Write,
                FileShare.None,
                bufferSize: 0,
                FileOptions.DeleteOnClose
            );
            file.WriteByte(0);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Explain(exception);
        }
    }

    /// <summary>
    /// A new path for a file or folder that is being written or deleted. It is in the same file system as the models,
    /// so that renaming is atomic.
    /// </summary>
    internal string NewStagingPath() => Path.Combine(Staging, Guid.NewGuid().ToString("N"));

    /// <summary>Runs an operation that writes into the folder.</summary>
    /// <param name="operation">The operation; it leaves the models as they were when it fails.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.StorageUnavailable"/>: the folder can't be written, or the disk is full.
    /// </exception>
    internal T Write<T>(Func<T> operation)
    {
        if (!IsWritable)
        {
            throw new ServingException(
                ErrorCode.StorageUnavailable,
                $"{NotWritable} It serves the models in the folder, but can't add or change any."
            );
        }

        try
        {
            return operation();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogWriteFailed(exception);
            throw new ServingException(
                ErrorCode.StorageUnavailable,
                $"{Explain(exception)} Nothing was changed.",
                exception
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose() => ownership?.Dispose();

    private static string Explain(Exception exception)
    {
        const int NoSpace = 28,
            OverQuota = 122,
            WindowsDiskFull = unchecked((int)0x80070070);
        return exception.HResult is NoSpace or OverQuota or WindowsDiskFull
            ? "The disk of the data folder is full."
            : NotWritable;
    }

    // Opens the lock file exclusively; the operating system closes it when the process ends, however it ends.
    private FileStream Lock()
    {
        const int LockedLinux = 11,
            LockedMac = 35,
            LockedWindows = unchecked((int)0x80070020);
        var owner = Path.Combine(root, ".owner");
        try
        {
            var file = new FileStream(
                Path.Combine(root, ".lock"),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                bufferSize: 0
            );
            File.WriteAllText(owner, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return file;
        }
        catch (IOException exception) when (exception.HResult is LockedLinux or LockedMac or LockedWindows)
        {
            var process = File.Exists(owner) ? File.ReadAllText(owner) : "unknown";
            throw new FolderInUseException(
                $"The folder {root} is in use by the server with process id {process}. "
                    + "Stop that server, or give this one another ModelService:Storage:Path."
            );
        }
    }

    [LoggerMessage(
        LogLevel.Error,
        "The data folder {Path} can't be written; its models are served, but none can be added or changed"
    )]
    private partial void LogReadOnly(Exception exception, string path);

    [LoggerMessage(LogLevel.Error, "Writing into the data folder failed")]
    private partial void LogWriteFailed(Exception exception);
}
