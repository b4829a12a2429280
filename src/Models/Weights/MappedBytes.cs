using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ModelService.Models.Errors;

namespace ModelService.Models.Weights;

/// <summary>
/// Bytes at a fixed address: a file mapped for reading, a temporary file to unpack into, or pinned memory of another
/// owner.
/// </summary>
internal sealed unsafe class MappedBytes : IDisposable
{
    private readonly SafeFileHandle? file;
    private readonly MemoryMappedFile? map;
    private readonly MemoryMappedViewAccessor? view;
    private readonly SafeHandle address;
    private readonly byte* start;
    private readonly string? path;
    private bool disposed;

    private MappedBytes(SafeFileHandle file, MemoryMappedFile map, string path, long length)
    {
        this.file = file;
        this.map = map;
        this.path = path;
        Length = length;
        view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        start = pointer + view.PointerOffset;
        address = view.SafeMemoryMappedViewHandle;
    }

    private MappedBytes(MemoryHandle pinned, long length)
    {
        start = (byte*)pinned.Pointer;
        address = new PinnedMemory(pinned);
        Length = length;
    }

    /// <summary>Number of bytes.</summary>
    public long Length { get; }

    /// <summary>
    /// Maps a file. Nothing may shorten the file while it is mapped: reading a page that is gone ends the process.
    /// </summary>
    /// <exception cref="ServingException"><c>weights_unreadable</c>: the file is empty.</exception>
    public static MappedBytes FromFile(string path) => FromFile(File.OpenHandle(path), path);

    /// <summary>Maps an open file, as <see cref="FromFile(string)"/>.</summary>
    /// <param name="file">The file; owned from here on.</param>
    /// <param name="path">Its path, beside which temporary files are created; it may be deleted already.</param>
    public static MappedBytes FromFile(SafeFileHandle file, string path)
    {
        var length = RandomAccess.GetLength(file);
        if (length > 0)
            return Map(file, path, length, MemoryMappedFileAccess.Read);
        file.Dispose();
        throw Unreadable.Because("The file is empty.");
    }

    /// <summary>
    /// Creates a temporary file beside this one and maps it; disposing the result deletes the file. A file is used
    /// because memory is for models. The file keeps the extension, so that a leftover of a killed process can be
    /// recognised.
    /// </summary>
    /// <param name="length">Bytes of the new file.</param>
    /// <exception cref="ServingException"><c>storage_unavailable</c>: the disk is full.</exception>
    public MappedBytes CreateBeside(long length)
    {
        var temporary =
            $"{path ?? Path.Combine(Path.GetTempPath(), "unpacked")}.{Guid.NewGuid():N}{Path.GetExtension(path)}";
        try
        {
            var file = File.OpenHandle(
                temporary,
                FileMode.CreateNew,
                FileAccess.ReadWrite,
                FileShare.None,
                FileOptions.DeleteOnClose,
                preallocationSize: length
            );
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return Map(file, temporary, length, MemoryMappedFileAccess.ReadWrite);
        }
        catch (IOException error)
        {
            throw new ServingException(
                ErrorCode.StorageUnavailable,
                $"The disk has no room for the {length} bytes that the file unpacks to.",
                error
            );
        }
    }

    /// <summary>
    /// Pins memory of another owner until this instance is disposed. The owner must not change the content until then.
    /// </summary>
    public static MappedBytes Borrow<T>(ReadOnlyMemory<T> memory)
        where T : unmanaged => new(memory.Pin(), (long)memory.Length * sizeof(T));

    /// <summary>A part of the bytes, without a copy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the bytes.</exception>
    public ReadOnlySpan<byte> Span(long offset, int length) => Elements<byte>(offset, length);

    /// <summary>Writes bytes into a file that <see cref="CreateBeside"/> created.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        CheckRange(offset, bytes.Length);
        RandomAccess.Write(file!, bytes, offset);
    }

    /// <summary>
    /// Elements from a byte offset on, without a copy. They may be unaligned, which all platforms of .NET can read.
    /// </summary>
    public ReadOnlySpan<T> Elements<T>(long offset, int count)
        where T : unmanaged
    {
        CheckRange(offset, (long)count * sizeof(T));
        return new ReadOnlySpan<T>(start + offset, count);
    }

    /// <summary>
    /// Copies a part of the bytes. Bytes of a file are read rather than copied out of the mapping: this avoids a page
    /// fault for every page, and the pages don't count as memory of the process.
    /// </summary>
    public void Read(long offset, Span<byte> destination)
    {
        if (file is null)
        {
            Span(offset, destination.Length).CopyTo(destination);
            return;
        }

        CheckRange(offset, destination.Length);
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(file, destination, offset);
            if (read == 0)
                throw new EndOfStreamException("The file was shortened while it was read.");
            offset += read;
            destination = destination[read..];
        }
    }

    /// <summary>A stream over a part of the bytes; it reads them with <see cref="Read"/>.</summary>
    public Stream Stream(long offset, long length)
    {
        CheckRange(offset, length);
        return new PartStream(this, offset, length);
    }

    /// <summary>
    /// Keeps the address valid until <see cref="Release"/> is called, even if the instance is disposed meanwhile.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The instance is already disposed.</exception>
    public void Hold()
    {
        var held = false;
        address.DangerousAddRef(ref held);
    }

    /// <summary>Ends the effect of one call of <see cref="Hold"/>.</summary>
    public void Release() => address.DangerousRelease();

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        view?.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        address.Dispose();
        map?.Dispose();
        file?.Dispose();
    }

    private static MappedBytes Map(SafeFileHandle file, string path, long length, MemoryMappedFileAccess access)
    {
        MemoryMappedFile? map = null;
        try
        {
            map = MemoryMappedFile.CreateFromFile(
                file,
                null,
                length,
                access,
                HandleInheritability.None,
                leaveOpen: true
            );
            return new MappedBytes(file, map, path, length);
        }
        catch
        {
            map?.Dispose();
            file.Dispose();
            throw;
        }
    }

    private void CheckRange(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset),
                $"{length} bytes at offset {offset} reach outside of the {Length} bytes."
            );
        }
    }

    private sealed class PinnedMemory(MemoryHandle pinned) : SafeHandle(0, ownsHandle: true)
    {
        private MemoryHandle pinned = pinned;

        public override bool IsInvalid => false;

        protected override bool ReleaseHandle()
        {
            pinned.Dispose();
            return true;
        }
    }
}
