using System.Runtime.InteropServices;

namespace ModelService.Models.Backends.Managed;

/// <summary>
/// Memory for float32 numbers that begins at a cache line. Whoever made it disposes it, after the last use of
/// <see cref="Start"/>.
/// </summary>
internal sealed unsafe class FloatMemory : SafeHandle
{
    private const int CacheLine = 64;

    /// <summary>Takes memory; its content is undefined.</summary>
    /// <param name="length">How many numbers.</param>
    public FloatMemory(long length)
        : base(0, ownsHandle: true) =>
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)Math.Max(length * sizeof(float), CacheLine), CacheLine));

    /// <summary>The first number.</summary>
    public float* Start => (float*)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Takes memory that holds given numbers.</summary>
    /// <param name="numbers">The numbers.</param>
    public static FloatMemory Of(ReadOnlySpan<float> numbers)
    {
        var memory = new FloatMemory(numbers.Length);
        numbers.CopyTo(new Span<float>(memory.Start, numbers.Length));
        return memory;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
