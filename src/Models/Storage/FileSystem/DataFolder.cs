using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;

namespace ModelService.Models.Storage.FileSystem;

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

    // In the file .owner: the process, and a mark of its own that another server would overwrite.
    private readonly string owner = $"{Environment.ProcessId}\n{Guid.NewGuid():N}\n";

    private readonly string root = Path.GetFullPath(options.Value.Path, environment.ContentRootPath);
    private FileStream? ownership; // of the lock file

    /// <summary>The path of the folder of models.</summary>
    internal string Models => Path.Combine(root, "models");

    /// <summary>The path of the folder of plan probes' results.</summary>
    internal string Probes => Path.Combine(root, "trials");

    /// <summary>The path of the folder of data sets.</summary>
    internal string Datasets => Path.Combine(root, "datasets");

    /// <summary>The path of the folder of evaluations.</summary>
    internal string Evaluations => Path.Combine(root, "evaluations");

    /// <summary>The path of the folder of trainings.</summary>
    internal string Trainings => Path.Combine(root, "trainings");

    /// <summary>The path of the folder of quantizations.</summary>
    internal string Quantizations => Path.Combine(root, "quantizations");

    /// <summary>The path of the cache of blobs, which a server has that shares its store with others.</summary>
    internal string Cache => Path.Combine(root, "cache");

    /// <summary>The path of the list of versions in the order of their last use.</summary>
    internal string LastUses => Path.Combine(root, "last_uses.json");

    /// <summary>Whether the server is configured to change nothing in the folder.</summary>
    internal bool IsReadOnly => options.Value.ReadOnly;

    /// <summary>Whether this server owns the folder, and so may write into it.</summary>
    internal bool IsWritable => Refusal is null;

    /// <summary>The room on the folder's disk; null when it can't be told.</summary>
    internal StorageSpace? Space => StorageSpace.Measure(root);

    /// <summary>Flushes a folder's entries to the disk. Tests let it fail.</summary>
    internal Action<string> FlushFolder { get; set; } = DurableFiles.FlushFolder;

    /// <summary>Deletes a folder with all that is in it. Tests let it fail.</summary>
    internal Action<string> DeleteFolder { get; set; } = static path => Directory.Delete(path, recursive: true);

    private string Staging => Path.Combine(root, ".staging");

    private string Owner => Path.Combine(root, ".owner");

    // Why the server may not write into the folder. The lock holds a file open; if the folder is deleted or replaced
    // meanwhile, it does not protect the folder that is then at the path.
    private Failure? Refusal =>
        IsReadOnly ? ReadOnly
        : ownership is null
            ? new Failure(
                ErrorCode.StorageUnavailable,
                $"{NotWritable} It serves the models in the folder, but can't add or change any."
            )
        : IsStillOwned() ? null
        : new Failure(
            ErrorCode.StorageUnavailable,
            "The data folder was deleted or replaced while the server ran. Restart the server."
        );

    /// <summary>
    /// Locks the folder for this server, and deletes unfinished files of a server that was killed. If the folder can't
    /// be written, the server only reads.
    /// </summary>
    /// <exception cref="StoreInUseException">Another server owns the folder.</exception>
    /// <exception cref="UnusableFolderException">
    /// The folder of unfinished files, which is emptied, is a link to another folder.
    /// </exception>
    internal void Open()
    {
        if (IsReadOnly)
            return;
        try
        {
            DurableFiles.CreateFolder(root);
            ownership = Lock();
            DurableFiles.CreateFolder(Models);
            if (new DirectoryInfo(Staging).LinkTarget is not null)
            {
                throw new UnusableFolderException(
                    $"The folder {Staging}, which a start empties, is a link. Delete the link."
                );
            }

            DurableFiles.CreateFolder(Staging);
            DurableFiles.CreateFolder(Probes);
            DurableFiles.CreateFolder(Datasets);
            DurableFiles.CreateFolder(Trainings);
            DurableFiles.CreateFolder(Quantizations);
            DurableFiles.CreateFolder(Evaluations);
            foreach (var left in Directory.EnumerateFileSystemEntries(Staging))
                DeleteStaged(left);
        }
        catch (Exception exception)
            when (exception
                    is IOException
                        and not (StoreInUseException or UnusableFolderException)
                        or UnauthorizedAccessException
            )
        {
            // The models in the folder can still be served.
            LogReadOnly(exception, root);
        }
    }

    /// <summary>Checks that the folder can be written, by writing a file and by asking for the free space.</summary>
    /// <param name="bytes">The bytes that are to be written.</param>
    /// <returns>Why they can't be written; null when they can.</returns>
    internal Failure? CheckWritable(long bytes)
    {
        if (Refusal is { } refusal)
            return refusal;
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
            var free = new DriveInfo(root).AvailableFreeSpace;
            return bytes <= free
                ? null
                : new Failure(
                    ErrorCode.StorageUnavailable,
                    $"The data folder's disk has {free} bytes free, and {bytes} are needed. Nothing was changed."
                );
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Failure(ErrorCode.StorageUnavailable, Explain(exception));
        }
    }

    /// <summary>
    /// A new path for a file or folder that is being written or deleted. It is in the same file system as the models,
    /// so that renaming is atomic.
    /// </summary>
    internal string NewStagingPath() => Path.Combine(Staging, Guid.NewGuid().ToString("N"));

    /// <inheritdoc/>
    public void Dispose() => ownership?.Dispose();

    /// <summary>The failure of a change on a server that only reads.</summary>
    internal static Failure ReadOnly { get; } =
        new(
            ErrorCode.ReadOnly,
            "This server only reads its models (ModelService:Storage:ReadOnly). Send the change to the server that "
                + "owns the data folder."
        );

    private void ThrowIfRefused()
    {
        if (Refusal is { } refusal)
            throw new ServingException(refusal);
    }

    private static string Explain(Exception exception)
    {
        const int NoSpace = 28,
            OverQuota = 122,
            WindowsDiskFull = unchecked((int)0x80070070);
        return exception.HResult is NoSpace or OverQuota or WindowsDiskFull
            ? "The disk of the data folder is full."
            : NotWritable;
    }

    [LoggerMessage(
        LogLevel.Error,
        "The data folder {Path} can't be written; its models are served, but none can be added or changed"
    )]
    private partial void LogReadOnly(Exception exception, string path);

    [LoggerMessage(LogLevel.Warning, "{Path} can't be deleted now; the next start of the server deletes it")]
    private partial void LogNotDeleted(Exception exception, string path);

    [LoggerMessage(LogLevel.Error, "Writing into the data folder failed")]
    private partial void LogWriteFailed(Exception exception);
}
