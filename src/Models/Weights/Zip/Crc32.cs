using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace ModelService.Models.Weights.Zip;

/// <summary>
/// CRC-32 as zip uses it. Large files need it fast: it is folded 64 bytes at a time on x86 (V. Gopal et al., "Fast CRC
/// Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009; the constants are for 0x04C11DB7, reflected),
/// by instruction on ARM, by table elsewhere.
/// </summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const int FoldedAtOnce = 64;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => Entry((uint)value))];

    /// <summary>The CRC of what came before with these bytes behind it; 0 is that of nothing.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        var state = ~crc;
        if (Pclmulqdq.IsSupported && bytes.Length >= 2 * FoldedAtOnce)
            state = Fold(state, ref bytes);
        else if (ArmCrc32.Arm64.IsSupported)
            state = ByInstruction(state, ref bytes);
        return ~ByTable(state, bytes);
    }

    // A file is read once, most likely the first one since the start: too early for the runtime to have found out what is hot.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint ByTable(uint state, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
            state = Table[(state ^ value) & 0xff] ^ (state >> 8);
        return state;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint ByInstruction(uint state, ref ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            state = ArmCrc32.Arm64.ComputeCrc32(state, word);
        bytes = bytes[(words.Length * sizeof(ulong))..];
        return state;
    }

    /// <summary>Folds whole blocks of 64 bytes to 16 that have the same remainder, and takes that by table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Fold(uint state, ref ReadOnlySpan<byte> bytes)
    {
        var blocks = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes[..(bytes.Length / FoldedAtOnce * FoldedAtOnce)]);
        bytes = bytes[(blocks.Length * 16)..];
        var by512 = Vector128.Create(0x154442bd4UL, 0x1c6e41596UL);
        var (a, b, c, d) = (blocks[0] ^ Vector128.Create(state, 0UL), blocks[1], blocks[2], blocks[3]);
        for (blocks = blocks[4..]; !blocks.IsEmpty; blocks = blocks[4..])
        {
            a = Multiply(a, by512) ^ blocks[0];
            b = Multiply(b, by512) ^ blocks[1];
            c = Multiply(c, by512) ^ blocks[2];
            d = Multiply(d, by512) ^ blocks[3];
        }

        var by128 = Vector128.Create(0x1751997d0UL, 0x0ccaa009eUL);
        a = Multiply(a, by128) ^ b;
        a = Multiply(a, by128) ^ c;
        a = Multiply(a, by128) ^ d;
        Span<byte> rest = stackalloc byte[16];
        a.AsByte().CopyTo(rest);
        return ByTable(0, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Multiply(Vector128<ulong> value, Vector128<ulong> by) =>
        Pclmulqdq.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, by, 0x11);

    private static uint Entry(uint value)
    {
        for (var bit = 0; bit < 8; bit++)
            value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ Polynomial;
        return value;
    }
}
