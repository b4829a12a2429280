using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Decoding;

/// <summary>
/// Decides which JPEGs are decoded at half their size. docs/decisions/0013 gives the reason, and the measured
/// difference from decoding at full size.
/// </summary>
internal static class HalfScaleDecoding
{
    private const int ShortestSide = 1024;

    // Minimum ratio of the halved picture's side to the resized side. With a large ratio, the way of halving hardly
    // matters.
    private const int Margin = 4;

    /// <summary>Pixels that a file may have for each one that is decoded.</summary>
    public const int PixelsForOne = 4;

    /// <summary>
    /// Rejects a picture that has too many pixels. The limit is for the pixels that are decoded: it bounds the memory.
    /// </summary>
    /// <param name="width">Width as stored, in pixels.</param>
    /// <param name="height">Height as stored, in pixels.</param>
    /// <param name="maxPixels">Maximum number of pixels, width times height.</param>
    /// <param name="isHalved">
    /// Whether the picture is a JPEG that is decoded row by row at half its size. Other JPEGs hold numbers for each
    /// pixel of the file.
    /// </param>
    /// <exception cref="ImageException"><see cref="ImageFault.TooLarge"/>.</exception>
    public static void CheckSize(int width, int height, long maxPixels, bool isHalved) =>
        PixelLimit.Check("The picture", width, height, isHalved ? PixelsForOne * maxPixels : maxPixels);

    /// <summary>Whether half the size is enough for the resize that follows.</summary>
    /// <param name="definition">The preprocessing of the picture.</param>
    /// <param name="width">Width as stored, in pixels.</param>
    /// <param name="height">Height as stored, in pixels.</param>
    public static bool Suffices(PreprocessingDefinition definition, int width, int height)
    {
        // Nearest copies single pixels, and bicubic and Lanczos are sharper: halving would show.
        if (definition.Interpolation != Interpolation.Bilinear || definition.Resize is not { } resize)
            return false;
        var resized = resize.ShorterSide ?? Math.Max(resize.Width!.Value, resize.Height!.Value);
        var shorter = Math.Min(width, height);

        // Half of an odd side would end in half a pixel.
        return width % 2 == 0 && height % 2 == 0 && shorter >= ShortestSide && shorter >= 2L * Margin * resized;
    }
}
