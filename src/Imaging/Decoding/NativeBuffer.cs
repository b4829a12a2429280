using System.Runtime.InteropServices;

namespace ModelService.Imaging.Decoding;

/// <summary>
/// Memory outside the managed heap. A whole picture's memory is thus freed on disposal, not by a later collection.
/// </summary>
/// <param name="length">Size, in bytes.</param>
internal sealed unsafe class NativeBuffer(long length) : IDisposable
{
    private void* pointer = NativeMemory.Alloc(checked((nuint)length));

    /// <summary>Address of the first byte; 0 after disposal.</summary>
    public nint Address => (nint)pointer;

    /// <summary>A part of the buffer; valid until the buffer is disposed.</summary>
    /// <param name="start">Offset of the first byte.</param>
    /// <param name="count">Number of bytes.</param>
    public Span<byte> Slice(long start, int count)
    {
        ObjectDisposedException.ThrowIf(pointer is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, length - count);
        return new Span<byte>((byte*)pointer + start, count);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        NativeMemory.Free(pointer);
        pointer = null;
    }
}
