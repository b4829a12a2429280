using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelService.Imaging.Resampling;

/// <summary>
/// The two inner loops of the resize: weighted sums of 8-bit values, rounded to 8 bits. The sums are of integers, so
/// the order of summing does not matter, and vector and scalar code give the same result.
/// </summary>
internal static class Convolution
{
    /// <summary>Bytes that <see cref="Down"/> computes at once; its rows are padded to a multiple of it.</summary>
    public const int Block = 16;

    private const int Half = 1 << (ResampleCoefficients.Bits - 1);

    /// <summary>Resizes one row horizontally.</summary>
    /// <param name="row">Pixels of <paramref name="channels"/> bytes each.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="coefficients">The source pixels and the weights of every kept pixel.</param>
    /// <param name="target">Receives the kept pixels.</param>
    public static void Across(
        ReadOnlySpan<byte> row,
        int channels,
        ResampleCoefficients coefficients,
        Span<byte> target
    )
    {
        for (var i = 0; i < coefficients.Length; i++)
        {
            var weights = coefficients.Weights(i);
            var pixels = row[(coefficients.First(i) * channels)..];
            if (channels == 3 && (weights.Length * 3) + 1 <= pixels.Length)
            {
                SumPixels(pixels, weights, target[(i * 3)..]);
                continue;
            }

            for (var channel = 0; channel < channels; channel++)
            {
                var sum = Half;
                for (var k = 0; k < weights.Length; k++)
                    sum += pixels[(k * channels) + channel] * weights[k];
                target[(i * channels) + channel] = (byte)Math.Clamp(sum >> ResampleCoefficients.Bits, 0, 255);
            }
        }
    }

    /// <summary>Computes one row of the vertical resize: the weighted sum of rows, byte by byte.</summary>
    /// <param name="rows">The memory that holds the rows.</param>
    /// <param name="offsets">Offset of each row's start in <paramref name="rows"/>, in bytes.</param>
    /// <param name="weights">Weight of each row.</param>
    /// <param name="target">Receives the sums; its length is a multiple of <see cref="Block"/>.</param>
    public static void Down(
        ReadOnlySpan<byte> rows,
        ReadOnlySpan<int> offsets,
        ReadOnlySpan<int> weights,
        Span<byte> target
    )
    {
        for (var x = 0; x < target.Length; x += Block)
        {
            var a = Vector128.Create(Half);
            var (b, c, d) = (a, a, a);
            for (var k = 0; k < weights.Length; k++)
            {
                var (low, high) = Vector128.Widen(Vector128.Create(rows.Slice(offsets[k] + x, Block)));
                var (p, q) = Vector128.Widen(low);
                var (r, s) = Vector128.Widen(high);
                var weight = Vector128.Create(weights[k]);
                a += p.AsInt32() * weight;
                b += q.AsInt32() * weight;
                c += r.AsInt32() * weight;
                d += s.AsInt32() * weight;
            }

            Vector128
                .Narrow(Vector128.Narrow(Round(a), Round(b)), Vector128.Narrow(Round(c), Round(d)))
                .CopyTo(target[x..]);
        }
    }

    // Computes the three channels of one pixel at once. It reads each pixel as four bytes, so one byte must follow the
    // last pixel.
    private static void SumPixels(ReadOnlySpan<byte> pixels, ReadOnlySpan<int> weights, Span<byte> target)
    {
        ref var pixel = ref MemoryMarshal.GetReference(pixels);
        var sum = Vector128.Create(Half);
        foreach (var weight in weights)
        {
            var bytes = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(ref pixel)).AsByte();
            sum += Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32() * weight;
            pixel = ref Unsafe.Add(ref pixel, 3);
        }

        var rounded = Round(sum);
        (target[0], target[1], target[2]) = ((byte)rounded[0], (byte)rounded[1], (byte)rounded[2]);
    }

    private static Vector128<uint> Round(Vector128<int> sums) =>
        Vector128.Clamp(sums >> ResampleCoefficients.Bits, Vector128<int>.Zero, Vector128.Create(255)).AsUInt32();
}
