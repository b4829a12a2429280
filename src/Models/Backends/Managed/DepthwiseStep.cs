using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ModelService.Models.Graph;

namespace ModelService.Models.Backends.Managed;

/// <summary>
/// A convolution of each channel by itself. What of a window hangs over the edge is left out, so that its input needs
/// no padding.
/// </summary>
internal sealed unsafe class DepthwiseStep : Step
{
    // Adjacent pixels that are computed together: each weight is loaded once for them, and their sums don't depend on
    // one another.
    private const int Block = 4;

    private const int VectorsOfUnit = 8;

    private readonly Place from;
    private readonly Place to;
    private readonly Sliding sliding;
    private readonly VectorActivation activation;
    private readonly FloatMemory weights; // [tap][C]
    private readonly FloatMemory bias;
    private readonly int groups;

    /// <summary>Packs the weights.</summary>
    /// <param name="item">The convolution: as many groups as channels, and as many outputs.</param>
    /// <param name="from">The input.</param>
    /// <param name="to">The output.</param>
    /// <param name="activation">The activation at its end.</param>
    /// <param name="folded">The weights.</param>
    public DepthwiseStep(
        ConvolutionOperator item,
        Place from,
        Place to,
        VectorActivation activation,
        FoldedWeights folded
    )
    {
        (this.from, this.to, this.activation) = (from, to, activation);
        sliding = new Sliding(item.Kernel, item.Stride, item.Padding, item.Dilation);
        groups = (to.Layout.Vectors + VectorsOfUnit - 1) / VectorsOfUnit;
        bias = Own(StepWeights.Bias(item, folded, to.Layout.Stride));
        var plain = StepWeights.Weight(item, folded);
        var taps = plain.Length / to.Layout.Channels;
        var packed = new float[taps * to.Layout.Stride];
        for (var i = 0; i < plain.Length; i++)
            packed[(i % taps * to.Layout.Stride) + (i / taps)] = plain[i];
        weights = Own(FloatMemory.Of(packed));
    }

    /// <inheritdoc/>
    public override int Units => to.Layout.Height * groups;

    /// <inheritdoc/>
    public override long Work =>
        2L * to.Layout.Pixels * to.Layout.Vectors * sliding.Down.Kernel * sliding.Across.Kernel;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Compute(Frame frame, int first, int end)
    {
        for (var unit = first; unit < end; unit++)
        {
            var (y, group) = Math.DivRem(unit, groups);
            var vector = group * VectorsOfUnit;
            ComputeRow(frame, y, vector, Math.Min(vector + VectorsOfUnit, to.Layout.Vectors));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ComputeRow(Frame frame, int y, int firstVector, int endVector)
    {
        unchecked
        {
            var (layout, width, kernel) = (from.Layout, to.Layout.Width, sliding.Across.Kernel);
            var (clamp, isAdjacent) = (activation.Clamp, sliding.Across is { Stride: 1, Dilation: 1 });
            nint pixel = layout.Stride;
            var steps = new Steps(
                Pixel: pixel,
                Next: sliding.Across.Stride * pixel,
                Across: sliding.Across.Dilation * pixel,
                Down: sliding.Down.Dilation * layout.Width * pixel
            );
            var rows = sliding.Down.Taps(y, layout.Height);
            var input = frame.At(from) + (sliding.Down.At(y, rows.First) * layout.Width * pixel);
            var output = frame.At(to) + ((nint)y * width * pixel);
            var ofWeights = weights.Start + (rows.First * kernel * pixel);
            var inside = sliding.Across.Inside(width, layout.Width);
            var count = rows.End - rows.First;
            for (var x = 0; x < width; )
            {
                var isBlock = x >= inside.First && x + Block <= inside.End;
                var columns = isBlock ? (First: 0, End: kernel) : sliding.Across.Taps(x, layout.Width);
                var start = input + (sliding.Across.At(x, columns.First) * pixel);
                var weight = ofWeights + (columns.First * pixel);
                for (nint channel = firstVector * NhwcLayout.Lanes; channel < endVector * NhwcLayout.Lanes; )
                {
                    var sum = Vector512.Load(bias.Start + channel);
                    if (isBlock)
                    {
                        SumBlock(
                            start + channel,
                            weight + channel,
                            sum,
                            count,
                            kernel,
                            isAdjacent,
                            steps,
                            clamp,
                            output + channel
                        );
                    }
                    else
                    {
                        sum = Sum(
                            start + channel,
                            weight + channel,
                            sum,
                            count,
                            kernel,
                            columns.End - columns.First,
                            steps
                        );
                        clamp.Apply(sum).Store(output + channel);
                    }

                    channel += NhwcLayout.Lanes;
                }

                var computed = isBlock ? Block : 1;
                if (activation.IsFunction)
                {
                    for (var i = 0; i < computed; i++)
                    {
                        activation.Apply(
                            output + (i * pixel) + (firstVector * NhwcLayout.Lanes),
                            endVector - firstVector
                        );
                    }
                }

                x += computed;
                output += computed * pixel;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SumBlock(
        float* from,
        float* weight,
        Vector512<float> start,
        int rows,
        int kernel,
        bool isAdjacent,
        in Steps steps,
        in Clamp clamp,
        float* to
    )
    {
        unchecked
        {
            var pixel = steps.Pixel;
            var (a, b, c, d) = (start, start, start, start);
            for (var row = 0; row < rows; row++)
            {
                var numbers = from;
                var column = 0;
                for (; isAdjacent && column <= kernel - 3; column += 3)
                {
                    // Three taps, whose windows overlap: each number is loaded once.
                    var (w0, w1) = (Vector512.Load(weight), Vector512.Load(weight + pixel));
                    var w2 = Vector512.Load(weight + (2 * pixel));
                    a = Vector512.FusedMultiplyAdd(w0, Vector512.Load(numbers), a);
                    var x = Vector512.Load(numbers + pixel);
                    a = Vector512.FusedMultiplyAdd(w1, x, a);
                    b = Vector512.FusedMultiplyAdd(w0, x, b);
                    x = Vector512.Load(numbers + (2 * pixel));
                    a = Vector512.FusedMultiplyAdd(w2, x, a);
                    b = Vector512.FusedMultiplyAdd(w1, x, b);
                    c = Vector512.FusedMultiplyAdd(w0, x, c);
                    x = Vector512.Load(numbers + (3 * pixel));
                    b = Vector512.FusedMultiplyAdd(w2, x, b);
                    c = Vector512.FusedMultiplyAdd(w1, x, c);
                    d = Vector512.FusedMultiplyAdd(w0, x, d);
                    x = Vector512.Load(numbers + (4 * pixel));
                    c = Vector512.FusedMultiplyAdd(w2, x, c);
                    d = Vector512.FusedMultiplyAdd(w1, x, d);
                    d = Vector512.FusedMultiplyAdd(w2, Vector512.Load(numbers + (5 * pixel)), d);
                    numbers += 3 * pixel;
                    weight += 3 * pixel;
                }

                for (; column < kernel; column++)
                {
                    var factor = Vector512.Load(weight);
                    a = Vector512.FusedMultiplyAdd(factor, Vector512.Load(numbers), a);
                    b = Vector512.FusedMultiplyAdd(factor, Vector512.Load(numbers + steps.Next), b);
                    c = Vector512.FusedMultiplyAdd(factor, Vector512.Load(numbers + (2 * steps.Next)), c);
                    d = Vector512.FusedMultiplyAdd(factor, Vector512.Load(numbers + (3 * steps.Next)), d);
                    numbers += steps.Across;
                    weight += pixel;
                }

                from += steps.Down;
            }

            clamp.Apply(a).Store(to);
            clamp.Apply(b).Store(to + pixel);
            clamp.Apply(c).Store(to + (2 * pixel));
            clamp.Apply(d).Store(to + (3 * pixel));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sum(
        float* from,
        float* weight,
        Vector512<float> sum,
        int rows,
        int kernel,
        int columns,
        in Steps steps
    )
    {
        unchecked
        {
            for (var row = 0; row < rows; row++)
            {
                for (nint column = 0; column < columns; column++)
                {
                    sum = Vector512.FusedMultiplyAdd(
                        Vector512.Load(weight + (column * steps.Pixel)),
                        Vector512.Load(from + (column * steps.Across)),
                        sum
                    );
                }

                weight += kernel * steps.Pixel;
                from += steps.Down;
            }

            return sum;
        }
    }

    // Numbers from one pixel to the next, from one place of the window to the next, and from one tap to the next.
    private readonly record struct Steps(nint Pixel, nint Next, nint Across, nint Down);
}
