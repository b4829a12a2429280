using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ModelService.Models.Graph;

namespace ModelService.Models.Backends.Managed;

/// <summary>
/// A convolution without groups, or a linear layer, which is a convolution of one pixel: for each pixel of the output,
/// a row of a matrix product over the numbers in its window.
/// </summary>
internal sealed unsafe class ConvolutionStep : Step
{
    private const int MostRowsOfUnit = 16 * MatrixKernel.Rows;

    private readonly Place from;
    private readonly Place? addend;
    private readonly Place to;
    private readonly (int Down, int Across) stride;
    private readonly VectorActivation activation;
    private readonly FloatMemory weights;
    private readonly FloatMemory bias;
    private readonly Runs runs;
    private readonly int rowsOfUnit;
    private readonly int panels;

    /// <summary>Packs the weights.</summary>
    /// <param name="item">A convolution or a linear layer.</param>
    /// <param name="from">The input, with the zero padding around it.</param>
    /// <param name="addend">The addend; null: none.</param>
    /// <param name="to">The output.</param>
    /// <param name="activation">The activation at its end.</param>
    /// <param name="folded">The weights.</param>
    public ConvolutionStep(
        WeightedOperator item,
        Place from,
        Place? addend,
        Place to,
        VectorActivation activation,
        FoldedWeights folded
    )
    {
        (this.from, this.addend, this.to, this.activation) = (from, addend, to, activation);
        var (kernel, dilation) = ((1, 1), (1, 1));
        stride = (1, 1);
        if (item is ConvolutionOperator convolution)
        {
            (kernel, stride, dilation) = (
                Pair(convolution.Kernel),
                Pair(convolution.Stride),
                Pair(convolution.Dilation)
            );
        }

        runs = RunsOf(kernel, dilation, from.Layout);
        panels = Divide(to.Layout.Vectors, MatrixKernel.Panel);
        var blocks = Divide(to.Layout.Pixels, MostRowsOfUnit);
        rowsOfUnit = Divide(Divide(to.Layout.Pixels, blocks), MatrixKernel.Rows) * MatrixKernel.Rows;
        Units = panels * Divide(to.Layout.Pixels, rowsOfUnit);
        weights = Own(Packed(item, folded, kernel.Item1 * kernel.Item2));
        bias = Own(StepWeights.Bias(item, folded, to.Layout.Stride));
    }

    /// <inheritdoc/>
    public override int Units { get; }

    /// <inheritdoc/>
    public override long Work => (long)to.Layout.Pixels * to.Layout.Vectors * runs.Count * runs.Length;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Compute(Frame frame, int first, int end)
    {
        for (var unit = first; unit < end; unit++)
        {
            var (block, panel) = Math.DivRem(unit, panels);
            var (row, vector) = (block * rowsOfUnit, panel * MatrixKernel.Panel);
            var endRow = Math.Min(row + rowsOfUnit, to.Layout.Pixels);
            if (MatrixKernel.Panel == 2 && vector + 2 <= to.Layout.Vectors)
                ComputePanel<TwoVectors>(frame, vector, row, endRow);
            else
                ComputePanel<OneVector>(frame, vector, row, endRow);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ComputePanel<TRow>(Frame frame, int vector, int row, int endRow)
        where TRow : struct, IRow<TRow>
    {
        unchecked
        {
            nint pixel = to.Layout.Stride;
            nint column = vector * NhwcLayout.Lanes;
            var ofBias = bias.Start + column;
            var ofWeights = weights.Start + (column * runs.Count * runs.Length);
            var output = frame.At(to) + column + (row * pixel);
            var sum = addend is { } place ? frame.At(place) + column + (row * pixel) : null;
            var input = frame.At(from);
            var clamp = activation.Clamp;
            var layout = from.Layout;
            nint down = stride.Down * layout.Width * layout.Stride;
            nint across = stride.Across * layout.Stride;
            var (y, x) = Math.DivRem(row, to.Layout.Width);
            var rows = stackalloc float*[MatrixKernel.Rows];
            while (row < endRow)
            {
                var count = Math.Min(MatrixKernel.Rows, endRow - row);
                var start = input + (y * down) + (x * across);
                if (x + MatrixKernel.Rows <= to.Layout.Width)
                {
                    for (var i = 0; i < MatrixKernel.Rows; i++)
                        rows[i] = start + (i * across);
                    x += MatrixKernel.Rows;
                }
                else
                {
                    for (var i = 0; i < MatrixKernel.Rows; i++)
                    {
                        rows[i] = start;
                        if (i >= count - 1)
                            continue;
                        start = ++x == to.Layout.Width ? input + (++y * down) : start + across;
                        if (x == to.Layout.Width)
                            x = 0;
                    }

                    x++;
                }

                if (x == to.Layout.Width)
                    (y, x) = (y + 1, 0);
                if (count == 1)
                {
                    MatrixKernel.Multiply<TRow>(rows[0], runs, ofWeights, ofBias, sum, clamp, output);
                }
                else
                {
                    MatrixKernel.Multiply<TRow>(
                        new Tile(rows, sum, output, pixel, count),
                        runs,
                        ofWeights,
                        ofBias,
                        clamp
                    );
                }

                if (activation.IsFunction)
                {
                    for (var i = 0; i < count; i++)
                        activation.Apply(output + (i * pixel), (int)TRow.Length / NhwcLayout.Lanes);
                }

                row += count;
                output += count * pixel;
                sum = sum == null ? null : sum + (count * pixel);
            }
        }
    }

    // A window reads runs of adjacent numbers: one for each row of it, where neither dilation nor the padding of
    // channels leaves gaps; else one for each pixel.
    private Runs RunsOf((int Rows, int Columns) kernel, (int Down, int Across) dilation, NhwcLayout layout)
    {
        var isWhole = kernel.Columns == 1 || (dilation.Across == 1 && layout.Stride == layout.Channels);
        var (perRow, length) = isWhole ? (1, kernel.Columns * layout.Channels) : (kernel.Columns, layout.Channels);
        int[] offsets =
        [
            .. from y in Enumerable.Range(0, kernel.Rows)
            from x in Enumerable.Range(0, perRow)
            select ((y * dilation.Down * layout.Width) + (x * dilation.Across)) * layout.Stride,
        ];
        var starts = Own(FloatMemory.Of(MemoryMarshal.Cast<int, float>(offsets)));
        return new Runs((int*)starts.Start, offsets.Length, length);
    }

    // The weights [O, I, ...taps] in the order [panel][tap][I][O of the panel]. Outputs are padded with
    // zeros to whole vectors.
    private FloatMemory Packed(WeightedOperator item, FoldedWeights folded, int taps)
    {
        var plain = StepWeights.Weight(item, folded);
        var (outputs, padded) = (to.Layout.Channels, to.Layout.Stride);
        var inputs = plain.Length / outputs / taps;
        var packed = new FloatMemory((long)padded * inputs * taps);
        var result = packed.Start;
        for (var first = 0; first < padded; first += MatrixKernel.Panel * NhwcLayout.Lanes)
        {
            var columns = Math.Min(MatrixKernel.Panel * NhwcLayout.Lanes, padded - first);
            for (var tap = 0; tap < taps; tap++)
            {
                for (var input = 0; input < inputs; input++)
                {
                    for (var output = first; output < first + columns; output++)
                        *result++ = output < outputs ? plain[(((output * inputs) + input) * taps) + tap] : 0;
                }
            }
        }

        return packed;
    }

    private static int Divide(int count, int parts) => (count + parts - 1) / parts; // rounded up

    private static (int, int) Pair(long[] sizes) => ((int)sizes[0], (int)sizes[1]);
}
