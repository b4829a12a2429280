using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelService.Models.Backends.Managed;

/// <summary>The greatest number of each window.</summary>
/// <param name="from">The input.</param>
/// <param name="to">The output.</param>
/// <param name="sliding">How the window slides.</param>
internal sealed unsafe class MaxPoolStep(Place from, Place to, Sliding sliding) : Step
{
    /// <inheritdoc/>
    public override int Units => to.Layout.Height;

    /// <inheritdoc/>
    public override long Work =>
        (long)to.Layout.Pixels * to.Layout.Vectors * sliding.Down.Kernel * sliding.Across.Kernel;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Compute(Frame frame, int first, int end)
    {
        unchecked
        {
            var layout = from.Layout;
            var output = frame.At(to) + (first * to.Layout.Width * to.Layout.Stride);
            for (var y = first; y < end; y++)
            {
                var rows = sliding.Down.Taps(y, layout.Height);
                for (var x = 0; x < to.Layout.Width; x++)
                {
                    var columns = sliding.Across.Taps(x, layout.Width);
                    for (var vector = 0; vector < layout.Vectors; vector++)
                    {
                        var greatest = Vector512.Create(float.NegativeInfinity);
                        for (var row = rows.First; row < rows.End; row++)
                        {
                            var numbers =
                                frame.At(from)
                                + (vector * NhwcLayout.Lanes)
                                + (
                                    ((sliding.Down.At(y, row) * layout.Width) + sliding.Across.At(x, columns.First))
                                    * layout.Stride
                                );
                            for (var column = columns.First; column < columns.End; column++)
                            {
                                greatest = Vector512.Max(greatest, Vector512.Load(numbers)); // NaN stays
                                numbers += sliding.Across.Dilation * layout.Stride;
                            }
                        }

                        greatest.Store(output);
                        output += NhwcLayout.Lanes;
                    }
                }
            }
        }
    }
}

/// <summary>The mean of each channel.</summary>
/// <param name="from">The input.</param>
/// <param name="to">The output, of one pixel.</param>
internal sealed unsafe class MeanStep(Place from, Place to) : Step
{
    /// <inheritdoc/>
    public override int Units => to.Layout.Vectors;

    /// <inheritdoc/>
    public override long Work => from.Layout.Length / NhwcLayout.Lanes;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Compute(Frame frame, int first, int end)
    {
        unchecked
        {
            var share = Vector512.Create(1f / from.Layout.Pixels);
            for (var vector = first; vector < end; vector++)
            {
                var numbers = frame.At(from) + (vector * NhwcLayout.Lanes);

                // By rows, so that many pixels lose no more digits than few.
                var sum = Vector512<float>.Zero;
                for (var y = 0; y < from.Layout.Height; y++)
                {
                    var ofRow = Vector512<float>.Zero;
                    for (var x = 0; x < from.Layout.Width; x++)
                    {
                        ofRow += Vector512.Load(numbers);
                        numbers += from.Layout.Stride;
                    }

                    sum += ofRow;
                }

                (sum * share).Store(frame.At(to) + (vector * NhwcLayout.Lanes));
            }
        }
    }
}
