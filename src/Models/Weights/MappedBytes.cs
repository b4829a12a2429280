using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModelService.Models.Weights;

/// <summary>Bytes outside the managed heap: a file mapped for reading, room to unpack into, or what someone else owns.</summary>
internal sealed unsafe class MappedBytes : IDisposable
{
    private readonly SafeFileHandle? file;
    private readonly MemoryMappedFile? map;
    private readonly MemoryMappedViewAccessor? view;
    private readonly byte* start;
    private bool disposed;

    private MappedBytes(SafeFileHandle? file, MemoryMappedFile map, long length, MemoryMappedFileAccess access)
    {
        this.file = file;
        this.map = map;
        Length = length;
        view = map.CreateViewAccessor(0, length, access);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        start = pointer + view.PointerOffset;
    }

    private MappedBytes(byte* start, long length)
    {
        this.start = start;
        Length = length;
    }

    public long Length { get; }

    /// <summary>Maps a file. The file must not be shortened while it is open: the system would end the process.</summary>
    public static MappedBytes OfFile(string path)
    {
        var file = File.OpenHandle(path);
        try
        {
            var length = RandomAccess.GetLength(file);
            if (length == 0)
                throw Unreadable.Because("The file is empty.");
            var map = MemoryMappedFile.CreateFromFile(
                file, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return Over(file, map, length, MemoryMappedFileAccess.Read);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Room for <paramref name="length"/> bytes, all zero.</summary>
    public static MappedBytes OfLength(long length) =>
        Over(null, MemoryMappedFile.CreateNew(null, length), length, MemoryMappedFileAccess.ReadWrite);

    /// <summary>Bytes that someone else owns, and keeps until this is no longer used.</summary>
    public static MappedBytes Borrow<T>(Span<T> native)
        where T : unmanaged => new((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(native)), (long)native.Length * sizeof(T));

    /// <summary>A part of the bytes; the caller has checked that it is inside, and this checks again.</summary>
    public ReadOnlySpan<byte> Span(long offset, int length) => Elements<byte>(offset, length);

    /// <summary>A part of the bytes to write into; only of what <see cref="OfLength"/> made.</summary>
    public Span<byte> Room(long offset, int length)
    {
        Check(offset, length);
        return new Span<byte>(start + offset, length);
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

    /// <summary>A stream over a part of the bytes.</summary>
    public Stream Stream(long offset, long length)
    {
        Check(offset, length);
        return new UnmanagedMemoryStream(start + offset, length);
    }

    /// <summary>Keeps the bytes in place, even if they are disposed meanwhile, until <see cref="Release"/>.</summary>
    /// <exception cref="ObjectDisposedException">They are gone already.</exception>
    public void Hold()
    {
        var held = false;
        view?.SafeMemoryMappedViewHandle.DangerousAddRef(ref held);
    }

    /// <summary>Ends a <see cref="Hold"/>.</summary>
    public void Release() => view?.SafeMemoryMappedViewHandle.DangerousRelease();

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        view?.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        map?.Dispose();
        file?.Dispose();
    }

    private static MappedBytes Over(SafeFileHandle? file, MemoryMappedFile map, long length, MemoryMappedFileAccess access)
    {
        try
        {
            return new MappedBytes(file, map, length, access);
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    private void Check(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (offset < 0 || length < 0 || offset > Length - length)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{length} bytes at {offset} are outside of {Length}.");
    }
}
