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
            gray[x] = (byte)(((19595 * rgb[i]) + (38470 * rgb[i + 1]) + (7471 * rgb[i + 2]) + 0x8000) >> 16);
        return gray;
    }
}
