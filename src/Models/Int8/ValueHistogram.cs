using System.Numerics.Tensors;
using ModelService.Models.Graph;

namespace ModelService.Models.Int8;

/// <summary>
/// How the numbers of a value are distributed over its range: first the range is found, then bins count.
/// </summary>
internal sealed class ValueHistogram
{
    private const int Bins = 2_048;

    // Of one input: more numbers of it tell little more.
    private const int MostOfInput = 1 << 16;

    private readonly long[] counts = new long[Bins];
    private double width;

    /// <summary>The least number.</summary>
    public double Min { get; private set; } = double.PositiveInfinity;

    /// <summary>The greatest number.</summary>
    public double Max { get; private set; } = double.NegativeInfinity;

    /// <summary>Widens the range to numbers.</summary>
    public void Widen(ReadOnlySpan<float> numbers)
    {
        Min = Math.Min(Min, TensorPrimitives.Min(numbers));
        Max = Math.Max(Max, TensorPrimitives.Max(numbers));
    }

    /// <summary>Counts numbers of an input, every nth of them where there are many.</summary>
    public void Count(ReadOnlySpan<float> numbers)
    {
        width = Math.Max(Max - Min, 1e-9) / Bins;
        for (var i = 0; i < numbers.Length; i += Math.Max(1, numbers.Length / MostOfInput))
            counts[Math.Clamp((int)((numbers[i] - Min) / width), 0, Bins - 1)]++;
    }

    /// <summary>The ranges that may serve, each with the name of the method that found it.</summary>
    /// <remarks>
    /// Those of Wu et al. 2020, arXiv:2004.09602, section 5.2: the whole range; percentiles; the least mean squared
    /// error; the least Kullback-Leibler divergence (entropy).
    /// </remarks>
    public IReadOnlyList<RangeCandidate> Candidates()
    {
        List<RangeCandidate> found =
        [
            new("min_max", QuantizedFormat.Covering(Min, Max)),
            new("mse", LeastSquares()),
            Percentile(0.99999),
            Percentile(0.9999),
            Percentile(0.999),
            new("entropy", LeastDivergence()),
        ];

        // Ranges that are as good as equal are tried once.
        return [.. found.DistinctBy(item => (Math.Round(Math.Log(item.Format.Scale) * 50), item.Format.ZeroPoint))];
    }

    private RangeCandidate Percentile(double share)
    {
        var total = counts.Sum();
        var outside = (long)(total * (1 - share));
        var (first, last) = (0, Bins - 1);
        for (var sum = counts[first]; sum <= outside && first < last; sum += counts[first])
            first++;
        for (var sum = counts[last]; sum <= outside && last > first; sum += counts[last])
            last--;
        return new RangeCandidate(
            FormattableString.Invariant($"percentile_{share * 100:0.###}"),
            QuantizedFormat.Covering(Min < 0 ? Min + (first * width) : Min, Min + ((last + 1) * width))
        );
    }

    private QuantizedFormat LeastSquares() =>
        Enumerable
            .Range(6, 15)
            .Select(step => QuantizedFormat.Covering(Min * step / 20, Max * step / 20))
            .MinBy(SquaredError)!;

    // Of numbers inside, the mean square of rounding; of those outside, what is cut off.
    private double SquaredError(QuantizedFormat format)
    {
        var (low, high) = (-format.ZeroPoint * format.Scale, (255 - format.ZeroPoint) * format.Scale);
        var inside = format.Scale * format.Scale / 12;
        var sum = 0.0;
        for (var bin = 0; bin < Bins; bin++)
        {
            var middle = Min + ((bin + 0.5) * width);
            var beyond = Math.Max(0, Math.Max(low - middle, middle - high));
            sum += counts[bin] * (beyond > 0 ? beyond * beyond : inside);
        }

        return sum;
    }

    // How much the counts change when 256 steps replace the bins of a range: each step spreads its sum over its bins
    // that are not empty, and what is beyond the range moves to its end.
    private QuantizedFormat LeastDivergence()
    {
        const int Steps = 256;
        var zero = Math.Clamp((int)(-Min / width), 0, Bins - 1);
        var (best, bestEnd) = (double.PositiveInfinity, Bins);
        for (var end = Math.Max(Steps, zero + 1); end <= Bins; end += 32)
        {
            var divergence = 0.0;
            var beyond = counts.AsSpan(end).ToArray().Sum();
            var total = (double)counts.Sum();
            for (var step = 0; step < Steps; step++)
            {
                var (begin, stop) = (step * end / Steps, (step + 1) * end / Steps);
                var sum = 0L;
                var filled = 0;
                for (var bin = begin; bin < stop; bin++)
                {
                    sum += counts[bin];
                    filled += counts[bin] > 0 ? 1 : 0;
                }

                for (var bin = begin; bin < stop; bin++)
                {
                    var p = (counts[bin] + (bin == end - 1 ? beyond : 0)) / total;
                    if (p > 0)
                        divergence += p * Math.Log(p / Math.Max((double)sum / Math.Max(1, filled) / total, 1e-12));
                }
            }

            if (divergence < best)
                (best, bestEnd) = (divergence, end);
        }

        return QuantizedFormat.Covering(Min, Min + (bestEnd * width));
    }
}

/// <summary>A range that may serve for a value.</summary>
/// <param name="Method">How it was found.</param>
/// <param name="Format">The format that covers it.</param>
internal sealed record RangeCandidate(string Method, QuantizedFormat Format);
