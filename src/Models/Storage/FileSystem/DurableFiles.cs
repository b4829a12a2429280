using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ModelService.Models.Storage.FileSystem;

/// <summary>
/// Writes files and folders so that they are on the disk, not only in the system's cache, when a method returns.
/// </summary>
internal static partial class DurableFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Writes a new file.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="parts">The content, part by part; each part is valid until the next one is read.</param>
    /// <returns>The file's length and hash.</returns>
    public static StoredFile Write(string path, IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = Create(path);
        foreach (var part in parts)
        {
            hash.AppendData(part.Span);
            file.Write(part.Span);
        }

        file.Flush(flushToDisk: true);
        return StoredFile.Of(file.Length, hash.GetHashAndReset());
    }

    /// <summary>Creates a file that only the server's user may open. The caller flushes it.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="bufferSize">The bytes that are gathered before they are written.</param>
    public static FileStream Create(string path, int bufferSize = 0)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = bufferSize,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }

    /// <summary>Opens a file for reading. It may be deleted meanwhile.</summary>
    public static FileStream Open(string path) =>
        new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read | FileShare.Delete,
            bufferSize: 0,
            FileOptions.SequentialScan | FileOptions.Asynchronous
        );

    /// <summary>Reads the rest of a file, part by part; each part is valid until the next one is read.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> ReadParts(FileStream file)
    {
        const int Part = 1 << 20;
        var buffer = new byte[Part];
        while (file.Read(buffer) is var read and > 0)
            yield return buffer.AsMemory(0, read);
    }

    /// <summary>Reads the rest of a file, and returns its length and hash.</summary>
    public static StoredFile Measure(FileStream file) => StoredFile.Of(file.Length, SHA256.HashData(file));

    /// <summary>Creates a folder that only the server's user may enter. Does nothing if it exists.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerFolder);
    }

    /// <summary>
    /// Flushes a folder's entries to the disk: creations, renames and deletions in it. Does nothing on Windows, which
    /// does that itself.
    /// </summary>
    public static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var folder = OpenFolder(path, 0);
        if (folder < 0)
        {
            throw new IOException(
                $"The folder can't be opened: {Marshal.GetLastPInvokeErrorMessage()}.",
                Marshal.GetLastPInvokeError()
            );
        }

        var failed = Flush(folder) != 0;
        var (error, text) = (Marshal.GetLastPInvokeError(), Marshal.GetLastPInvokeErrorMessage());
        _ = Close(folder);
        if (failed)
            throw new IOException($"The folder can't be flushed: {text}.", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
