using System.Numerics;

namespace ModelService.Models.Language.Analysis;

/// <summary>How a convolution or pool slides over one dimension.</summary>
/// <param name="Kernel">Elements it looks at.</param>
/// <param name="Stride">Elements from one place to the next.</param>
/// <param name="Padding">Elements added at each edge.</param>
/// <param name="Dilation">Distance between the elements it looks at.</param>
/// <param name="Ceil">Whether a window that hangs over the end still counts.</param>
internal readonly record struct Window(long Kernel, long Stride, long Padding, long Dilation = 1, bool Ceil = false)
{
    /// <summary>
    /// The widest of the regions that an adaptive pool cuts a side into, which overlap where the sizes don't divide: the i-th one is from
    /// <c>⌊i · side / regions⌋</c> to <c>⌈(i + 1) · side / regions⌉</c>. Source: PyTorch's AdaptiveAveragePooling.
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

    /// <summary>From the first element it looks at to the last.</summary>
    public long Extent => (Dilation * (Kernel - 1)) + 1;

    /// <summary>
    /// How many places it takes: <c>⌊(side + 2·padding − extent) / stride⌋ + 1</c>, rounded up with <see cref="Ceil"/> as long as the last
    /// window begins inside the input or its left padding; 0 or less when it does not fit. Source: PyTorch nn.MaxPool2d, "Shape".
    /// </summary>
    public long Places(long side)
    {
        var room = side + (2 * Padding) - Extent;
        if (room < 0)
            return 0;
        var places = ((room + (Ceil ? Stride - 1 : 0)) / Stride) + 1;
        return Ceil && (places - 1) * Stride >= side + Padding ? places - 1 : places;
    }
}
