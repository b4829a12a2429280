using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Decoding;

/// <summary>Which JPEGs are decoded at half their size; docs/decisions/0013 says why, and how far the result is from that of the whole picture.</summary>
internal static class HalfScaleDecoding
{
    private const int ShortestSide = 1024;

    // How many of the half picture's pixels become one: the more, the less it matters how it was halved.
    private const int Margin = 4;

    /// <summary>Whether a picture of this size is one of them.</summary>
    /// <param name="definition">What becomes of the picture.</param>
    /// <param name="width">Its width as stored, in pixels.</param>
    /// <param name="height">Its height as stored, in pixels.</param>
    public static bool Suffices(PreprocessingDefinition definition, int width, int height)
    {
        // Nearest takes single pixels, and the other filters are sharper.
        if (definition.Interpolation != Interpolation.Bilinear || definition.Resize is not { } resize)
            return false;
        var resized = resize.ShorterSide ?? Math.Max(resize.Width!.Value, resize.Height!.Value);
        var shorter = Math.Min(width, height);

        // Odd sides would end in half a pixel.
        return width % 2 == 0 && height % 2 == 0 && shorter >= ShortestSide && shorter >= 2L * Margin * resized;
    }
}
