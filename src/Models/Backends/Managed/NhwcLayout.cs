using ModelService.Models.Tensors;

namespace ModelService.Models.Backends.Managed;

/// <summary>
/// The layout of a picture in memory: pixel by pixel. A vector <c>[C]</c> is a picture of one pixel.
/// </summary>
/// <param name="Channels">Number of channels, C.</param>
/// <param name="Height">Height, H.</param>
/// <param name="Width">Width, W.</param>
/// <param name="Stride">Numbers from one pixel to the next, at least C.</param>
internal readonly record struct NhwcLayout(int Channels, int Height, int Width, int Stride)
{
    /// <summary>Numbers in a vector: those of AVX-512. AVX2 computes one in two halves.</summary>
    public const int Lanes = 16;

    /// <summary>Number of pixels.</summary>
    public int Pixels => Height * Width;

    /// <summary>Vectors of a pixel.</summary>
    public int Vectors => Stride / Lanes;

    /// <summary>Numbers in memory, padding of channels included.</summary>
    public int Length => Pixels * Stride;

    /// <summary>The layout of a value whose pixels are padded to whole vectors.</summary>
    /// <param name="shape"><c>[C, H, W]</c> or <c>[C]</c>.</param>
    public static NhwcLayout From(Shape shape)
    {
        var (channels, height, width) = shape.Rank == 1 ? (shape.Sizes[0], 1, 1) : Picture(shape);
        return new((int)channels, (int)height, (int)width, RoundUp((int)channels));
    }

    /// <summary>Rounds a number of elements up to whole vectors.</summary>
    public static int RoundUp(int count) => (count + Lanes - 1) / Lanes * Lanes;

    private static (long Channels, long Height, long Width) Picture(Shape shape) =>
        (shape.Sizes[0], shape.Sizes[1], shape.Sizes[2]);
}
