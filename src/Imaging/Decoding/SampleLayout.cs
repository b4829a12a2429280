using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Decoding;

/// <summary>
/// The sample layout of a decoder's rows. Converts such rows to 8-bit RGB, with the results of Pillow's
/// <c>convert("RGB")</c>.
/// </summary>
/// <param name="Colors">Colour samples per pixel: 1 for gray, 3 for RGB, 4 for CMYK.</param>
/// <param name="HasAlpha">Whether an alpha sample follows the colour samples.</param>
/// <param name="BytesPerSample">1; or 2 in the machine's byte order, and only the high byte is used.</param>
/// <param name="Alpha">How transparency is handled.</param>
internal readonly record struct SampleLayout(int Colors, bool HasAlpha, int BytesPerSample, AlphaHandling Alpha)
{
    /// <summary>Bytes per pixel.</summary>
    public int BytesPerPixel => (Colors + (HasAlpha ? 1 : 0)) * BytesPerSample;

    /// <summary>Whether the samples are 8-bit RGB already.</summary>
    public bool IsRgb => this is { Colors: 3, HasAlpha: false, BytesPerSample: 1 };

    /// <summary>Converts a row to RGB.</summary>
    /// <param name="samples">The row in this layout.</param>
    /// <param name="rgb">Receives three bytes per pixel.</param>
    public void Convert(ReadOnlySpan<byte> samples, Span<byte> rgb)
    {
        var step = BytesPerSample;
        if (step == 2 && BitConverter.IsLittleEndian)
            samples = samples[1..];
        for (int i = 0, o = 0; o < rgb.Length; i += BytesPerPixel, o += 3)
        {
            var pixel = samples[i..];
            (byte R, byte G, byte B) color = Colors switch
            {
                1 => (pixel[0], pixel[0], pixel[0]),
                3 => (pixel[0], pixel[step], pixel[2 * step]),
                _ => FromCmyk(pixel[0], pixel[step], pixel[2 * step], pixel[3 * step]),
            };
            if (HasAlpha && Alpha != AlphaHandling.Drop)
            {
                var alpha = pixel[Colors * step];
                color = (Blend(color.R, alpha), Blend(color.G, alpha), Blend(color.B, alpha));
            }

            (rgb[o], rgb[o + 1], rgb[o + 2]) = color;
        }
    }

    private static (byte R, byte G, byte B) FromCmyk(byte c, byte m, byte y, byte k)
    {
        var light = 255 - k;
        return (
            (byte)(light - Multiply(c, light)),
            (byte)(light - Multiply(m, light)),
            (byte)(light - Multiply(y, light))
        );
    }

    private byte Blend(byte color, byte alpha) =>
        (byte)Math.Min(Multiply(color, alpha) + (Alpha == AlphaHandling.White ? 255 - alpha : 0), 255);

    // a * b / 255, rounded: MULDIV255 of Pillow.
    private static int Multiply(int a, int b)
    {
        var product = (a * b) + 128;
        return ((product >> 8) + product) >> 8;
    }
}
