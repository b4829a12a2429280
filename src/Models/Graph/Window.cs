using System.Numerics;

namespace ModelService.Models.Graph;

/// <summary>The window of a convolution or pool along one dimension.</summary>
/// <param name="Kernel">Number of elements in the window.</param>
/// <param name="Stride">Distance between neighbouring positions of the window, in elements.</param>
/// <param name="Padding">Elements added at each edge.</param>
/// <param name="Dilation">Distance between the elements in the window; 1: they are adjacent.</param>
/// <param name="Ceil">Whether a window that reaches beyond the end counts (PyTorch's ceil_mode).</param>
internal readonly record struct Window(long Kernel, long Stride, long Padding, long Dilation = 1, bool Ceil = false)
{
    /// <summary>
    /// The widest of the regions that an adaptive pool divides a side into. The i-th region is from
    /// <c>⌊i · side / regions⌋</c> to <c>⌈(i + 1) · side / regions⌉</c>, so regions overlap unless their
    /// number divides the side. Source: PyTorch's AdaptiveAveragePooling.
    /// </summary>
    public static Window Adaptive(long side, long regions)
    {
        var rest = side % regions;
        var common = (long)BigInteger.GreatestCommonDivisor(rest, regions);
        var overlap =
            rest == 0 ? 0
            : rest == common ? 1
            : 2;
        return new Window((side / regions) + overlap, Math.Max(1, side / regions), 0);
    }

    /// <summary>Number of elements from the first one in the window to the last.</summary>
    public long Extent => (Dilation * (Kernel - 1)) + 1;

    /// <summary>
    /// Number of positions of the window along a side: <c>⌊(side + 2·padding − extent) / stride⌋ + 1</c>; with
    /// <see cref="Ceil"/> rounded up, as long as the last window begins inside the input or its left padding; 0 when
    /// the window does not fit. With <see cref="Ceil"/>, even the first window may reach beyond the end, by less than a
    /// stride. Source: PyTorch nn.MaxPool2d, "Shape", and pooling_output_shape in ATen.
    /// </summary>
    public long Places(long side)
    {
        var room = side + (2 * Padding) - Extent + (Ceil ? Stride - 1 : 0);
        if (room < 0)
            return 0;
        var places = (room / Stride) + 1;
        return Ceil && (places - 1) * Stride >= side + Padding ? places - 1 : places;
    }
}
