namespace ModelService.Imaging.Resampling;

/// <summary>Converts RGB to grayscale.</summary>
internal static class Luma
{
    /// <summary>Computes the ITU-R 601-2 luma of each pixel, in Pillow's fixed-point arithmetic.</summary>
    /// <param name="rgb">Pixels of three bytes; overwritten.</param>
    /// <returns>Pixels of one byte, in the first third of <paramref name="rgb"/>.</returns>
    public static Span<byte> Convert(Span<byte> rgb)
    {
        var gray = rgb[..(rgb.Length / 3)];
        for (int x = 0, i = 0; x < gray.Length; x++, i += 3)
            gray[x] = Of(rgb[i], rgb[i + 1], rgb[i + 2]);
        return gray;
    }

    /// <summary>Computes the luma of a pixel.</summary>
    public static byte Of(byte red, byte green, byte blue) =>
        (byte)(((19595 * red) + (38470 * green) + (7471 * blue) + 0x8000) >> 16);
}
