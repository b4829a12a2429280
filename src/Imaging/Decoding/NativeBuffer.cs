using System.Runtime.InteropServices;

namespace ModelService.Imaging.Decoding;

/// <summary>Memory for a whole picture, outside of the managed heap: given back at once, not when the collector finds time.</summary>
internal sealed unsafe class NativeBuffer(long length) : IDisposable
{
    private void* pointer = NativeMemory.Alloc(checked((nuint)length));

    /// <summary>Where it starts.</summary>
    public nint Address => (nint)pointer;

    /// <summary>A part of it.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="count">Bytes.</param>
    public Span<byte> Slice(long start, int count)
    {
        ObjectDisposedException.ThrowIf(pointer is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, length - count);
        return new Span<byte>((byte*)pointer + start, count);
    }

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        NativeMemory.Free(pointer);
        pointer = null;
    }
}
