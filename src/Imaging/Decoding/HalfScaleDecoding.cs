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
