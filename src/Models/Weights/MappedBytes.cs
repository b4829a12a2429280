using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ModelService.Models.Errors;

namespace ModelService.Models.Weights;

/// <summary>Bytes that stay where they are: a file mapped for reading, one to unpack into, or memory that someone else owns.</summary>
internal sealed unsafe class MappedBytes : IDisposable
{
    private readonly SafeFileHandle? file;
    private readonly MemoryMappedFile? map;
    private readonly MemoryMappedViewAccessor? view;
    private readonly SafeHandle place;
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
        place = view.SafeMemoryMappedViewHandle;
    }

    private MappedBytes(MemoryHandle pinned, long length)
    {
        start = (byte*)pinned.Pointer;
        place = new PinnedMemory(pinned);
        Length = length;
    }

    public long Length { get; }

    /// <summary>Maps a file. The file must not be shortened while it is open: the system would end the process.</summary>
    public static MappedBytes OfFile(string path)
    {
        var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        if (length > 0)
            return Over(file, path, length, MemoryMappedFileAccess.Read);
        file.Dispose();
        throw Unreadable.Because("The file is empty.");
    }

    /// <summary>
    /// Room for bytes in a new file beside this one, which is deleted when it is disposed. It has the same extension, so that what a killed
    /// process leaves is told for what it is. In memory it would take the room of models.
    /// </summary>
    /// <exception cref="ServingException"><c>storage_unavailable</c>: the disk is full.</exception>
    public MappedBytes Beside(long length)
    {
        var beside =
            $"{path ?? Path.Combine(Path.GetTempPath(), "unpacked")}.{Guid.NewGuid():N}{Path.GetExtension(path)}";
        try
        {
            var file = File.OpenHandle(
                beside,
                FileMode.CreateNew,
                FileAccess.ReadWrite,
                FileShare.None,
                FileOptions.DeleteOnClose,
                preallocationSize: length
            );
            return Over(file, beside, length, MemoryMappedFileAccess.ReadWrite);
        }
        catch (IOException error)
        {
            throw new ServingException(
                ErrorCode.StorageUnavailable,
                $"There is no room on the disk for the {length} bytes that the file unpacks to.",
                error
            );
        }
    }

    /// <summary>Memory that someone else owns, pinned until this is disposed; the owner keeps its content until then.</summary>
    public static MappedBytes Borrow<T>(ReadOnlyMemory<T> memory)
        where T : unmanaged => new(memory.Pin(), (long)memory.Length * sizeof(T));

    /// <summary>A part of the bytes; the caller has checked that it is inside, and this checks again.</summary>
    public ReadOnlySpan<byte> Span(long offset, int length) => Elements<byte>(offset, length);

    /// <summary>Puts bytes into what <see cref="Beside"/> made.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        Check(offset, bytes.Length);
        RandomAccess.Write(file!, bytes, offset);
    }

    /// <summary>Elements from a byte offset on. They may stand unaligned, which every platform that .NET runs on can read.</summary>
    public ReadOnlySpan<T> Elements<T>(long offset, int count)
        where T : unmanaged
    {
        Check(offset, (long)count * sizeof(T));
        return new ReadOnlySpan<T>(start + offset, count);
    }

    /// <summary>
    /// Copies a part of the bytes. A file's are read rather than taken from the mapping: that neither faults its pages in, one by one,
    /// nor counts them to the process's memory.
    /// </summary>
    public void Read(long offset, Span<byte> destination)
    {
        if (file is null)
        {
            Span(offset, destination.Length).CopyTo(destination);
            return;
        }

        Check(offset, destination.Length);
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(file, destination, offset);
            if (read == 0)
                throw new EndOfStreamException("The file was shortened while it was read.");
            offset += read;
            destination = destination[read..];
        }
    }

    /// <summary>A stream over a part of the bytes, which are read as <see cref="Read"/> does.</summary>
    public Stream Stream(long offset, long length)
    {
        Check(offset, length);
        return new PartStream(this, offset, length);
    }

    /// <summary>Keeps the bytes in place, even if they are disposed meanwhile, until <see cref="Release"/>.</summary>
    /// <exception cref="ObjectDisposedException">They are gone already.</exception>
    public void Hold()
    {
        var held = false;
        place.DangerousAddRef(ref held);
    }

    /// <summary>Ends a <see cref="Hold"/>.</summary>
    public void Release() => place.DangerousRelease();

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        view?.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        place.Dispose();
        map?.Dispose();
        file?.Dispose();
    }

    private static MappedBytes Over(SafeFileHandle file, string path, long length, MemoryMappedFileAccess access)
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

    private void Check(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset),
                $"{length} bytes at {offset} are outside of {Length}."
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
