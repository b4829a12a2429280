using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Decoding;

/// <summary>How a decoder lays out a row of pixels, and how it becomes 8-bit RGB as Pillow's <c>convert("RGB")</c> makes it.</summary>
/// <param name="Colors">Colour samples of a pixel: 1 gray, 3 RGB, 4 CMYK.</param>
/// <param name="HasAlpha">Whether an alpha sample follows them.</param>
/// <param name="BytesPerSample">1, or 2 in the machine's byte order, of which the high byte counts.</param>
/// <param name="Alpha">What becomes of transparency.</param>
internal readonly record struct SampleLayout(int Colors, bool HasAlpha, int BytesPerSample, AlphaHandling Alpha)
{
    /// <summary>Bytes of a pixel.</summary>
    public int BytesPerPixel => (Colors + (HasAlpha ? 1 : 0)) * BytesPerSample;

    /// <summary>Whether the samples are 8-bit RGB as they are.</summary>
    public bool IsRgb => this is { Colors: 3, HasAlpha: false, BytesPerSample: 1 };

    /// <summary>Turns a row into RGB.</summary>
    /// <param name="samples">The row as the decoder lays it out.</param>
    /// <param name="rgb">Receives three bytes a pixel.</param>
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
                color = (Lay(color.R, alpha), Lay(color.G, alpha), Lay(color.B, alpha));
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

    private byte Lay(byte color, byte alpha) =>
        (byte)Math.Min(Multiply(color, alpha) + (Alpha == AlphaHandling.White ? 255 - alpha : 0), 255);

    // Pillow's MULDIV255: a * b / 255, rounded.
    private static int Multiply(int a, int b)
    {
        var product = (a * b) + 128;
        return ((product >> 8) + product) >> 8;
    }
}
