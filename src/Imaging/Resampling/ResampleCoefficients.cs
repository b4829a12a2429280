using System.Buffers;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Resampling;

/// <summary>
/// The resize along one side: for every kept pixel, the source pixels that are summed, and their weights. The weights
/// are those of Pillow (<c>precompute_coeffs</c> and <c>normalize_coeffs_8bpc</c> in its Resample.c), in fixed point
/// with 22 fractional bits.
/// </summary>
internal sealed class ResampleCoefficients : IDisposable
{
    /// <summary>Fractional bits of a weight.</summary>
    public const int Bits = 22;

    // A record for each kept pixel: index of the first source pixel, number of source pixels, their weights.
    private readonly int[] numbers;
    private readonly int stride;

    private ResampleCoefficients(int length, int maxCount)
    {
        (Length, stride) = (length, 2 + maxCount);
        numbers = ArrayPool<int>.Shared.Rent(checked(length * stride));
    }

    /// <summary>Number of kept pixels.</summary>
    public int Length { get; }

    /// <summary>Largest number of source pixels of one kept pixel.</summary>
    public int MaxCount { get; private set; }

    /// <summary>Index of the first source pixel that is used at all.</summary>
    public int SourceBegin => First(0);

    /// <summary>Index after the last source pixel that is used at all.</summary>
    public int SourceEnd => End(Length - 1);

    /// <summary>Computes the coefficients of one side.</summary>
    /// <param name="axis">The sizes along the side.</param>
    /// <param name="interpolation">
    /// The filter. If the side keeps its size, each pixel is copied; the filters would give the same.
    /// </param>
    public static ResampleCoefficients Create(Axis axis, Interpolation interpolation) =>
        axis.Source == axis.Resized || interpolation == Interpolation.Nearest
            ? CreateNearest(axis)
            : CreateFiltered(axis, Kernel.From(interpolation));

    /// <summary>Index of a kept pixel's first source pixel.</summary>
    /// <param name="index">Index of the kept pixel.</param>
    public int First(int index) => numbers[index * stride];

    /// <summary>Index after a kept pixel's last source pixel.</summary>
    /// <param name="index">Index of the kept pixel.</param>
    public int End(int index) => First(index) + Count(index);

    /// <summary>The weights of a kept pixel's source pixels.</summary>
    /// <param name="index">Index of the kept pixel.</param>
    public ReadOnlySpan<int> Weights(int index) => numbers.AsSpan((index * stride) + 2, Count(index));

    /// <summary>Returns the memory to its pool.</summary>
    public void Dispose() => ArrayPool<int>.Shared.Return(numbers);

    private static ResampleCoefficients CreateNearest(Axis axis)
    {
        var coefficients = new ResampleCoefficients(axis.Kept, 1);
        var scale = (double)axis.Source / axis.Resized;

        // Pillow computes the position by repeated addition, and its rounding errors decide which pixel is nearest.
        var position = scale * 0.5;
        for (var i = 0; i < axis.Start; i++)
            position += scale;
        for (var i = 0; i < axis.Kept; i++, position += scale)
            coefficients.Add(i, Math.Min((int)position, axis.Source - 1), 1)[0] = 1 << Bits;
        return coefficients;
    }

    private static ResampleCoefficients CreateFiltered(Axis axis, Kernel kernel)
    {
        var scale = (double)axis.Source / axis.Resized;
        var filterScale = Math.Max(scale, 1);
        var support = kernel.Support * filterScale;
        var maxCount = ((int)Math.Ceiling(support) * 2) + 1;
        var coefficients = new ResampleCoefficients(axis.Kept, maxCount);
        var exact = new double[maxCount];
        for (var i = 0; i < axis.Kept; i++)
        {
            var centre = (axis.Start + i + 0.5) * scale;
            var begin = Math.Max((int)(centre - support + 0.5), 0);
            var end = Math.Min((int)(centre + support + 0.5), axis.Source);
            var sum = 0.0;
            for (var x = 0; x < end - begin; x++)
            {
                exact[x] = kernel.Weight((x + begin - centre + 0.5) * (1 / filterScale));
                sum += exact[x];
            }

            var weights = coefficients.Add(i, begin, end - begin);
            for (var x = 0; x < end - begin; x++)
            {
                var weight = (sum != 0 ? exact[x] / sum : exact[x]) * (1 << Bits);
                weights[x] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }
        }

        return coefficients;
    }

    private int Count(int index) => numbers[(index * stride) + 1];

    // Starts the record of a kept pixel and gives the span to write its weights to.
    private Span<int> Add(int index, int first, int count)
    {
        (numbers[index * stride], numbers[(index * stride) + 1]) = (first, count);
        MaxCount = Math.Max(MaxCount, count);
        return numbers.AsSpan((index * stride) + 2, count);
    }
}
