using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;

namespace ModelService.Models.Storage;

/// <summary>The folder that one server owns: it holds the lock from <see cref="Open"/> until it is disposed, or until the process dies.</summary>
/// <param name="options">Where it is.</param>
/// <param name="environment">What a relative path is relative to.</param>
/// <param name="logger">Told when it can't be written.</param>
public sealed partial class DataFolder(
    IOptions<StorageOptions> options,
    IHostEnvironment environment,
    ILogger<DataFolder> logger
) : IDisposable
{
    private const string NotWritable = "The server can't write into its data folder; its log says why.";

    private readonly string root = Path.GetFullPath(options.Value.Path, environment.ContentRootPath);
    private FileStream? claim;

    /// <summary>Where the models are.</summary>
    internal string Models => Path.Combine(root, "models");

    /// <summary>Where the results of plan probes are kept.</summary>
    internal string Probes => Path.Combine(root, "trials");

    /// <summary>Whether it was claimed, to be written.</summary>
    internal bool IsWritable => claim is not null;

    private string Staging => Path.Combine(root, ".staging");

    /// <summary>Takes the folder, and removes what a server that was killed had begun.</summary>
    /// <exception cref="FolderInUseException">Another server has it.</exception>
    internal void Open()
    {
        if (options.Value.ReadOnly)
            return;
        try
        {
            DurableFiles.CreateFolder(root);
            claim = Claim();
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
            // What is there can still be served.
            LogReadOnly(exception, root);
        }
    }

    /// <summary>Tries to write into it.</summary>
    /// <returns>Why it can't be written; null when it can, or is not meant to be.</returns>
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
            return Why(exception);
        }
    }

    /// <summary>A path in the folder's own file system for what is being written or removed; nothing is there yet.</summary>
    internal string NewStagingPath() => Path.Combine(Staging, Guid.NewGuid().ToString("N"));

    /// <summary>Runs something that writes.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>: the folder can't be written, or has no room.</exception>
    internal T Write<T>(Func<T> work)
    {
        if (!IsWritable)
        {
            throw new ServingException(
                ErrorCode.StorageUnavailable,
                $"{NotWritable} It serves what is there and takes nothing new."
            );
        }

        try
        {
            return work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogFailed(exception);
            throw new ServingException(
                ErrorCode.StorageUnavailable,
                $"{Why(exception)} Nothing was changed.",
                exception
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose() => claim?.Dispose();

    private static string Why(Exception exception)
    {
        const int NoSpace = 28,
            OverQuota = 122,
            WindowsDiskFull = unchecked((int)0x80070070);
        return exception.HResult is NoSpace or OverQuota or WindowsDiskFull
            ? "The disk of the data folder is full."
            : NotWritable;
    }

    // Held exclusively; the system lets go of it when the process ends, however it ends.
    private FileStream Claim()
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
                $"The folder {root} is in use by the server with process id {process}. Stop that one, or give this one another ModelService:Storage:Path."
            );
        }
    }

    [LoggerMessage(
        LogLevel.Error,
        "The data folder {Folder} can't be written; what is there is served, nothing new is taken"
    )]
    private partial void LogReadOnly(Exception exception, string folder);

    [LoggerMessage(LogLevel.Error, "Writing into the data folder failed")]
    private partial void LogFailed(Exception exception);
}
