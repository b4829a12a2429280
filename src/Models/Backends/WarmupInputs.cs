using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>Generates the inputs on which a plan is tested before it serves: varied, and the same each time.</summary>
internal static class WarmupInputs
{
    private static readonly double[] Scales = [0.1, 0.5, 1, 2.5];

    /// <summary>Generates a batch of inputs: noise, waves, and both together, at several scales and offsets.</summary>
    /// <param name="sizes">Sizes of one input.</param>
    /// <param name="first">Number of the first input; each number has its own input.</param>
    /// <param name="count">Number of inputs.</param>
    /// <returns><c>[count, ...sizes]</c>, float32, on the CPU. The caller owns it.</returns>
    public static Tensor Batch(long[] sizes, int first, int count)
    {
        var values = new float[count * sizes.Aggregate((product, size) => product * size)];
        var each = values.Length / count;
        for (var i = 0; i < count; i++)
            Fill(values.AsSpan(i * each, each), first + i);
        return tensor(values, [count, .. sizes]);
    }

    private static void Fill(Span<float> values, int number)
    {
        // With a seed, Random gives the same numbers on every platform and version of .NET.
        var random = new Random(number);
        var scale = Scales[number % Scales.Length];
        var (noise, slope) = (number % 3 != 1 ? scale : 0, number % 3 != 0 ? scale : 0);
        var (waves, offset) = (1 + (random.NextDouble() * 30), (random.NextDouble() - 0.5) * scale);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(
                offset
                + (noise * ((random.NextDouble() * 2) - 1))
                + (slope * Math.Sin(waves * Math.Tau * i / values.Length))
            );
        }
    }
}
