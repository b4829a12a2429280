namespace ModelService.Models.Explanation;

/// <summary>The squares that an occlusion covers: wholly inside the input, at regular distances.</summary>
internal sealed class OcclusionGrid
{
    private readonly int channels;
    private readonly int[] spatial;
    private readonly int stride;
    private readonly int[] window;

    /// <summary>A grid.</summary>
    /// <param name="input">Sizes of the input, <c>[C, ...]</c>.</param>
    /// <param name="window">Side of a square; longer than the input: the input's.</param>
    /// <param name="stride">Distance between squares.</param>
    public OcclusionGrid(IReadOnlyList<long> input, int window, int stride)
    {
        (channels, this.stride) = ((int)input[0], stride);
        spatial = [.. input.Skip(1).Select(size => (int)size)];
        this.window = [.. spatial.Select(size => Math.Min(size, window))];
        Window = window;
        Sizes = [.. spatial.Zip(this.window, (size, side) => ((size - side) / stride) + 1)];
    }

    /// <summary>Side of a square.</summary>
    public int Window { get; }

    /// <summary>Distance between squares.</summary>
    public int Stride => stride;

    /// <summary>Squares along each dimension.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>Number of squares.</summary>
    public int Count => Sizes.Aggregate(1, (count, size) => count * size);

    /// <summary>Side and distance for a network that none are chosen for: 32 and 16 of 224, 8 and 4 of 32.</summary>
    /// <param name="input">Sizes of the input.</param>
    public static (int Window, int Stride) Default(IReadOnlyList<long> input)
    {
        var side = (int)input.Skip(1).DefaultIfEmpty(1).Min();
        var window = Math.Max(side / 7, Math.Min(8, side));
        return (window, Math.Max(1, window / 2));
    }

    /// <summary>Covers a square with zeros.</summary>
    /// <param name="input">The input, row-major.</param>
    /// <param name="number">The square's place in the map, row-major.</param>
    public void Cover(Span<float> input, int number)
    {
        var (begin, rest) = (new int[spatial.Length], number);
        for (var dimension = spatial.Length - 1; dimension >= 0; dimension--)
        {
            begin[dimension] = rest % Sizes[dimension] * stride;
            rest /= Sizes[dimension];
        }

        // Rows along the last dimension.
        var places = spatial.Aggregate(1, (count, size) => count * size);
        var (last, rows) = (spatial.Length - 1, window.SkipLast(1).Aggregate(1, (count, size) => count * size));
        for (var row = 0; row < rows; row++)
        {
            var (at, left) = (begin[last], row);
            var step = spatial[last];
            for (var dimension = last - 1; dimension >= 0; dimension--)
            {
                at += (begin[dimension] + (left % window[dimension])) * step;
                left /= window[dimension];
                step *= spatial[dimension];
            }

            for (var channel = 0; channel < channels; channel++)
                input.Slice((channel * places) + at, window[last]).Clear();
        }
    }

    /// <summary>The mean of all squares over each place of a picture; 0 where there is none.</summary>
    /// <param name="map">A number for each square.</param>
    /// <returns>A number for each pixel, row-major.</returns>
    public double[] Spread(ReadOnlySpan<double> map)
    {
        var (height, width) = (spatial[0], spatial[1]);
        var (sums, counts) = (new double[height * width], new int[height * width]);
        for (var number = 0; number < map.Length; number++)
        {
            var (top, left) = (number / Sizes[1] * stride, number % Sizes[1] * stride);
            for (var y = top; y < top + window[0]; y++)
            {
                for (var x = left; x < left + window[1]; x++)
                {
                    sums[(y * width) + x] += map[number];
                    counts[(y * width) + x]++;
                }
            }
        }

        for (var i = 0; i < sums.Length; i++)
            sums[i] /= Math.Max(counts[i], 1);
        return sums;
    }
}
