using System.Buffers;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Resampling;

/// <summary>For every kept pixel along one side: which source pixels it is summed from, and with which weights. The weights are
/// Pillow's (<c>precompute_coeffs</c> and <c>normalize_coeffs_8bpc</c> in its Resample.c): fixed point with 22 bits.</summary>
internal sealed class ResampleCoefficients : IDisposable
{
    /// <summary>Bits behind the binary point of a weight.</summary>
    public const int Bits = 22;

    // One after another: of each kept pixel the first source pixel, how many, and the weights.
    private readonly int[] numbers;
    private readonly int stride;

    private ResampleCoefficients(int length, int most)
    {
        (Length, stride) = (length, 2 + most);
        numbers = ArrayPool<int>.Shared.Rent(checked(length * stride));
    }

    /// <summary>Kept pixels.</summary>
    public int Length { get; }

    /// <summary>Most source pixels that one kept pixel is summed from.</summary>
    public int MaxCount { get; private set; }

    /// <summary>First source pixel that is used at all.</summary>
    public int SourceBegin => First(0);

    /// <summary>Behind the last source pixel that is used at all.</summary>
    public int SourceEnd => End(Length - 1);

    /// <summary>Computes the coefficients of one side.</summary>
    /// <param name="axis">The sizes.</param>
    /// <param name="interpolation">The filter. Where nothing is resized each pixel is simply taken, which is what the filters amount to.</param>
    public static ResampleCoefficients Create(Axis axis, Interpolation interpolation) =>
        axis.Source == axis.Resized || interpolation == Interpolation.Nearest
            ? Nearest(axis)
            : Filtered(axis, Kernel.From(interpolation));

    /// <summary>First source pixel of a kept one.</summary>
    public int First(int index) => numbers[index * stride];

    /// <summary>Behind the last source pixel of a kept one.</summary>
    public int End(int index) => First(index) + Count(index);

    /// <summary>The weights of a kept pixel's source pixels.</summary>
    public ReadOnlySpan<int> Weights(int index) => numbers.AsSpan((index * stride) + 2, Count(index));

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => ArrayPool<int>.Shared.Return(numbers);

    private static ResampleCoefficients Nearest(Axis axis)
    {
        var coefficients = new ResampleCoefficients(axis.Kept, 1);
        var scale = (double)axis.Source / axis.Resized;

        // Pillow adds up the position instead of multiplying; the rounding errors are part of its answer.
        var position = scale * 0.5;
        for (var i = 0; i < axis.Start; i++)
            position += scale;
        for (var i = 0; i < axis.Kept; i++, position += scale)
            coefficients.Take(i, Math.Min((int)position, axis.Source - 1), 1)[0] = 1 << Bits;
        return coefficients;
    }

    private static ResampleCoefficients Filtered(Axis axis, Kernel kernel)
    {
        var scale = (double)axis.Source / axis.Resized;
        var filterScale = Math.Max(scale, 1);
        var support = kernel.Support * filterScale;
        var most = ((int)Math.Ceiling(support) * 2) + 1;
        var coefficients = new ResampleCoefficients(axis.Kept, most);
        var exact = new double[most];
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

            var weights = coefficients.Take(i, begin, end - begin);
            for (var x = 0; x < end - begin; x++)
            {
                var weight = (sum != 0 ? exact[x] / sum : exact[x]) * (1 << Bits);
                weights[x] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }
        }

        return coefficients;
    }

    private int Count(int index) => numbers[(index * stride) + 1];

    // Room for the weights.
    private Span<int> Take(int index, int first, int count)
    {
        (numbers[index * stride], numbers[(index * stride) + 1]) = (first, count);
        MaxCount = Math.Max(MaxCount, count);
        return numbers.AsSpan((index * stride) + 2, count);
    }
}
