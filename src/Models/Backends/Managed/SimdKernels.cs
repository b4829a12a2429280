using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelService.Models.Backends.Managed;

/// <summary>The inner loops of small networks, in float32, with one vector of outputs at a time.</summary>
internal static class SimdKernels
{
    /// <summary>Numbers in a vector.</summary>
    public const int Lanes = 8;

    // Adjacent pixels that are computed together: their sums don't depend on one another.
    private const int Block = 8;

    /// <summary>Rounds a number of elements up to whole vectors.</summary>
    public static int RoundUp(int count) => (count + Lanes - 1) / Lanes * Lanes;

    /// <summary>Computes a convolution.</summary>
    /// <param name="from">The picture, with the zero padding around it.</param>
    /// <param name="input">Layout of the picture, its channels not padded.</param>
    /// <param name="window">The numbers of the picture that one output depends on.</param>
    /// <param name="stride">Step of the window.</param>
    /// <param name="weights"><c>[O / lanes][number in the window][lane]</c>.</param>
    /// <param name="bias"><c>[O]</c>, padded to whole vectors.</param>
    /// <param name="isRelu">Whether relu follows.</param>
    /// <param name="output">Layout of the result.</param>
    /// <param name="to">Receives the result.</param>
    public static void Convolve(
        ReadOnlySpan<float> from,
        NhwcLayout input,
        WindowOffsets window,
        (int Down, int Across) stride,
        float[] weights,
        float[] bias,
        bool isRelu,
        NhwcLayout output,
        Span<float> to
    )
    {
        var (perVector, step) = (window.Starts.Length * window.Run * Lanes, stride.Across * input.Stride);
        for (var y = 0; y < output.Height; y++)
        {
            var row = from[(y * stride.Down * input.Width * input.Stride)..];
            for (var x = 0; x < output.Width; x++)
            {
                // The last block starts early enough to be whole: it overlaps the one before it.
                var isBlock = output.Width >= Block;
                if (isBlock && x > output.Width - Block)
                    x = output.Width - Block;
                var read = row[(x * step)..];
                var target = to[(((y * output.Width) + x) * output.Stride)..];
                for (var vector = 0; vector < output.Stride; vector += Lanes)
                {
                    var kernels = weights.AsSpan(vector / Lanes * perVector, perVector);
                    var start = Vector256.LoadUnsafe(ref bias[vector]);
                    if (isBlock)
                        SumBlock(read, window, step, kernels, start, isRelu, target[vector..], output.Stride);
                    else
                        Finish(Sum(read, window, kernels, start), isRelu).CopyTo(target[vector..]);
                }

                if (isBlock)
                    x += Block - 1;
            }
        }
    }

    private static Vector256<float> Sum(
        ReadOnlySpan<float> from,
        WindowOffsets window,
        ReadOnlySpan<float> weights,
        Vector256<float> sum
    )
    {
        ref var weight = ref MemoryMarshal.GetReference(weights);
        foreach (var start in window.Starts)
        {
            foreach (var number in from.Slice(start, window.Run))
            {
                sum = Vector256.MultiplyAddEstimate(Vector256.Create(number), Vector256.LoadUnsafe(ref weight), sum);
                weight = ref Unsafe.Add(ref weight, Lanes);
            }
        }

        return sum;
    }

    private static void SumBlock(
        ReadOnlySpan<float> from,
        WindowOffsets window,
        int step,
        ReadOnlySpan<float> weights,
        Vector256<float> start,
        bool isRelu,
        Span<float> to,
        int stride
    )
    {
        var (a, b, c, d, e, f, g, h) = (start, start, start, start, start, start, start, start);
        ref var weight = ref MemoryMarshal.GetReference(weights);
        foreach (var runStart in window.Starts)
        {
            // The slice checks the bounds once for all reads of the run.
            ref var number = ref MemoryMarshal.GetReference(from.Slice(runStart, ((Block - 1) * step) + window.Run));
            for (var i = 0; i < window.Run; i++)
            {
                var factor = Vector256.LoadUnsafe(ref weight);
                a = Vector256.MultiplyAddEstimate(Vector256.Create(number), factor, a);
                b = Vector256.MultiplyAddEstimate(Vector256.Create(Unsafe.Add(ref number, step)), factor, b);
                c = Vector256.MultiplyAddEstimate(Vector256.Create(Unsafe.Add(ref number, 2 * step)), factor, c);
                d = Vector256.MultiplyAddEstimate(Vector256.Create(Unsafe.Add(ref number, 3 * step)), factor, d);
                e = Vector256.MultiplyAddEstimate(Vector256.Create(Unsafe.Add(ref number, 4 * step)), factor, e);
                f = Vector256.MultiplyAddEstimate(Vector256.Create(Unsafe.Add(ref number, 5 * step)), factor, f);
                g = Vector256.MultiplyAddEstimate(Vector256.Create(Unsafe.Add(ref number, 6 * step)), factor, g);
                h = Vector256.MultiplyAddEstimate(Vector256.Create(Unsafe.Add(ref number, 7 * step)), factor, h);
                number = ref Unsafe.Add(ref number, 1);
                weight = ref Unsafe.Add(ref weight, Lanes);
            }
        }

        ref var target = ref MemoryMarshal.GetReference(to[..(((Block - 1) * stride) + Lanes)]);
        Finish(a, isRelu).StoreUnsafe(ref target);
        Finish(b, isRelu).StoreUnsafe(ref Unsafe.Add(ref target, stride));
        Finish(c, isRelu).StoreUnsafe(ref Unsafe.Add(ref target, 2 * stride));
        Finish(d, isRelu).StoreUnsafe(ref Unsafe.Add(ref target, 3 * stride));
        Finish(e, isRelu).StoreUnsafe(ref Unsafe.Add(ref target, 4 * stride));
        Finish(f, isRelu).StoreUnsafe(ref Unsafe.Add(ref target, 5 * stride));
        Finish(g, isRelu).StoreUnsafe(ref Unsafe.Add(ref target, 6 * stride));
        Finish(h, isRelu).StoreUnsafe(ref Unsafe.Add(ref target, 7 * stride));
    }

    /// <summary>Computes a linear layer.</summary>
    /// <param name="from">The input.</param>
    /// <param name="weights"><c>[O / lanes][I][lane]</c>.</param>
    /// <param name="bias"><c>[O]</c>, padded to whole vectors.</param>
    /// <param name="isRelu">Whether relu follows.</param>
    /// <param name="to">Receives the result, padded to whole vectors.</param>
    public static void Multiply(ReadOnlySpan<float> from, float[] weights, float[] bias, bool isRelu, Span<float> to)
    {
        var perVector = weights.Length / bias.Length * Lanes;
        for (var vector = 0; vector < bias.Length; vector += Lanes)
        {
            // Four sums that don't depend on one another, so that the processor computes them in parallel.
            var (a, b, c, d) = (
                Vector256.LoadUnsafe(ref bias[vector]),
                Vector256<float>.Zero,
                Vector256<float>.Zero,
                Vector256<float>.Zero
            );
            var rows = MemoryMarshal.Cast<float, Vector256<float>>(
                weights.AsSpan(vector / Lanes * perVector, perVector)
            );
            var inputs = from[..rows.Length];
            var i = 0;
            for (; i <= rows.Length - 4; i += 4)
            {
                a = Vector256.MultiplyAddEstimate(Vector256.Create(inputs[i]), rows[i], a);
                b = Vector256.MultiplyAddEstimate(Vector256.Create(inputs[i + 1]), rows[i + 1], b);
                c = Vector256.MultiplyAddEstimate(Vector256.Create(inputs[i + 2]), rows[i + 2], c);
                d = Vector256.MultiplyAddEstimate(Vector256.Create(inputs[i + 3]), rows[i + 3], d);
            }

            for (; i < rows.Length; i++)
                a = Vector256.MultiplyAddEstimate(Vector256.Create(inputs[i]), rows[i], a);
            Finish(a + b + (c + d), isRelu).CopyTo(to[vector..]);
        }
    }

    /// <summary>Computes a max pool: the greatest number of each window.</summary>
    /// <param name="from">The picture.</param>
    /// <param name="input">Layout of the picture, its channels padded.</param>
    /// <param name="kernel">Size of the window.</param>
    /// <param name="stride">Step of the window.</param>
    /// <param name="output">Layout of the result.</param>
    /// <param name="to">Receives the result.</param>
    public static void Pool(
        ReadOnlySpan<float> from,
        NhwcLayout input,
        (int Rows, int Columns) kernel,
        (int Down, int Across) stride,
        NhwcLayout output,
        Span<float> to
    )
    {
        for (var y = 0; y < output.Height; y++)
        {
            for (var x = 0; x < output.Width; x++)
            {
                var window = from[(((y * stride.Down * input.Width) + (x * stride.Across)) * input.Stride)..];
                for (var vector = 0; vector < output.Stride; vector += Lanes)
                {
                    var greatest = Vector256.Create(float.NegativeInfinity);
                    for (var row = 0; row < kernel.Rows; row++)
                    {
                        for (var column = 0; column < kernel.Columns; column++)
                        {
                            greatest = Vector256.Max(
                                greatest,
                                Vector256.Create(
                                    window.Slice((((row * input.Width) + column) * input.Stride) + vector, Lanes)
                                )
                            );
                        }
                    }

                    greatest.CopyTo(to[((((y * output.Width) + x) * output.Stride) + vector)..]);
                }
            }
        }
    }

    // Applies relu if asked for. NaN stays NaN, as in PyTorch.
    private static Vector256<float> Finish(Vector256<float> sum, bool isRelu) =>
        isRelu ? Vector256.Max(sum, Vector256<float>.Zero) : sum;
}
