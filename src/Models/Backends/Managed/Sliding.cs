using ModelService.Models.Graph;

namespace ModelService.Models.Backends.Managed;

/// <summary>How the window of a convolution or pool slides over a picture that has no padding in memory.</summary>
/// <param name="Down">Along the height.</param>
/// <param name="Across">Along the width.</param>
internal sealed record Sliding(Slide Down, Slide Across)
{
    /// <summary>That of an operator; each array has the height's number and the width's.</summary>
    public Sliding(long[] kernel, long[] stride, long[] padding, long[] dilation)
        : this(
            new Slide((int)kernel[0], (int)stride[0], (int)padding[0], (int)dilation[0]),
            new Slide((int)kernel[1], (int)stride[1], (int)padding[1], (int)dilation[1])
        ) { }
}

/// <summary>How a window slides along one side; see <see cref="Window"/>.</summary>
/// <param name="Kernel">Number of taps.</param>
/// <param name="Stride">Distance between neighbouring places of the window.</param>
/// <param name="Padding">Elements before the first one that count as nothing.</param>
/// <param name="Dilation">Distance between the taps.</param>
internal readonly record struct Slide(int Kernel, int Stride, int Padding, int Dilation)
{
    /// <summary>The element under a tap of the window at a place.</summary>
    public int At(int place, int tap) => (place * Stride) - Padding + (tap * Dilation);

    /// <summary>The taps of the window at a place that are on the side: from the first to before the end.</summary>
    public (int First, int End) Taps(int place, int side)
    {
        var start = At(place, 0);
        var first = start < 0 ? (-start + Dilation - 1) / Dilation : 0;
        var end = start >= side ? 0 : Math.Min(Kernel, ((side - 1 - start) / Dilation) + 1);
        return (first, Math.Max(first, end));
    }

    /// <summary>The places at which all taps are on the side: from the first to before the end.</summary>
    /// <param name="places">The number of places.</param>
    /// <param name="side">Number of elements.</param>
    public (int First, int End) Inside(int places, int side)
    {
        var room = side - 1 - At(0, Kernel - 1);
        return ((Padding + Stride - 1) / Stride, room < 0 ? 0 : Math.Min(places, (room / Stride) + 1));
    }
}
