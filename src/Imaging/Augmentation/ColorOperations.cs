using ModelService.Imaging.Resampling;

namespace ModelService.Imaging.Augmentation;

/// <summary>
/// Changes of the colours in place, as Pillow's ImageEnhance and its conversions to and from HSV compute them.
/// </summary>
internal static class ColorOperations
{
    private const int Values = 256;

    /// <summary>Changes the colours of a picture.</summary>
    /// <param name="change">The change.</param>
    /// <param name="pixels">The picture.</param>
    /// <param name="channels">1 or 3; a gray picture keeps its saturation and hue.</param>
    public static void Apply(ColorChange change, Span<byte> pixels, int channels)
    {
        var factor = (float)change.Factor;
        switch (change.Quality)
        {
            case ColorQuality.Brightness:
                BlendAll(pixels, 0, factor);
                break;
            case ColorQuality.Contrast:
                BlendAll(pixels, MeanGray(pixels, channels), factor);
                break;
            case ColorQuality.Saturation when channels == 3:
                Saturate(pixels, factor);
                break;
            case ColorQuality.Hue when channels == 3:
                // As torchvision: 8 bits for a turn, cut off towards 0.
                Turn(pixels, unchecked((byte)(int)(change.Factor * 255)));
                break;
        }
    }

    private static void BlendAll(Span<byte> pixels, byte from, float factor)
    {
        Span<byte> table = stackalloc byte[Values];
        for (var value = 0; value < Values; value++)
            table[value] = Blend(from, (byte)value, factor);
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = table[pixels[i]];
    }

    private static void Saturate(Span<byte> pixels, float factor)
    {
        for (var i = 0; i < pixels.Length; i += 3)
        {
            var pixel = pixels.Slice(i, 3);
            var gray = Luma.Of(pixel[0], pixel[1], pixel[2]);
            pixel[0] = Blend(gray, pixel[0], factor);
            pixel[1] = Blend(gray, pixel[1], factor);
            pixel[2] = Blend(gray, pixel[2], factor);
        }
    }

    // Image.blend of Pillow: the fraction is cut off.
    private static byte Blend(byte from, byte to, float factor) =>
        (byte)Math.Clamp(from + (factor * (to - from)), 0, 255);

    private static byte MeanGray(ReadOnlySpan<byte> pixels, int channels)
    {
        var sum = 0L;
        for (var i = 0; i < pixels.Length; i += channels)
            sum += channels == 1 ? pixels[i] : Luma.Of(pixels[i], pixels[i + 1], pixels[i + 2]);
        return (byte)(((double)sum / (pixels.Length / channels)) + 0.5);
    }

    private static void Turn(Span<byte> pixels, byte turn)
    {
        for (var i = 0; i < pixels.Length; i += 3)
        {
            var pixel = pixels.Slice(i, 3);
            var (hue, saturation, value) = ToHsv(pixel[0], pixel[1], pixel[2]);
            (pixel[0], pixel[1], pixel[2]) = ToRgb(unchecked((byte)(hue + turn)), saturation, value);
        }
    }

    // rgb2hsv_row of Pillow's Convert.c, which is colorsys of Python in 8 bits.
    private static (byte Hue, byte Saturation, byte Value) ToHsv(byte red, byte green, byte blue)
    {
        var (most, least) = (Math.Max(red, Math.Max(green, blue)), Math.Min(red, Math.Min(green, blue)));
        if (most == least)
            return (0, 0, most);
        var range = (float)(most - least);
        var (r, g, b) = ((most - red) / range, (most - green) / range, (most - blue) / range);
        float sixths;
        if (red == most)
            sixths = b - g;
        else if (green == most)
            sixths = (float)(2.0 + r - b);
        else
            sixths = (float)(4.0 + g - r);
        var turns = (sixths / 6.0) + 1.0;
        var hue = (float)(turns >= 1.0 ? turns - 1.0 : turns);
        return ((byte)(hue * 255.0), (byte)(range / most * 255.0), most);
    }

    private static (byte Red, byte Green, byte Blue) ToRgb(byte hue, byte saturation, byte value)
    {
        if (saturation == 0)
            return (value, value, value);
        var position = hue * 6.0 / 255.0;
        var sixth = (int)position;
        var f = (float)(position - sixth);
        var s = (float)(saturation / 255.0);
        var p = Round(value * (1.0 - s));
        var q = Round(value * (1.0 - (s * f)));
        var t = Round(value * (1.0 - (s * (1.0 - f))));
        return (sixth % 6) switch
        {
            0 => (value, t, p),
            1 => (q, value, p),
            2 => (p, value, t),
            3 => (p, q, value),
            4 => (t, p, value),
            _ => (value, p, q),
        };
    }

    private static byte Round(double number) =>
        (byte)Math.Clamp(Math.Round(number, MidpointRounding.AwayFromZero), 0, 255);
}
