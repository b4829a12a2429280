using System.Globalization;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.PixelFormats;

namespace ModelService.Imaging.Drawing;

/// <summary>A picture that is drawn pixel by pixel; white at first.</summary>
internal sealed class Canvas
{
    // Digits and signs of 3x5 pixels, row by row from the top; the highest of three bits is on the left.
    private static readonly Dictionary<char, int[]> Glyphs = new()
    {
        ['0'] = [7, 5, 5, 5, 7],
        ['1'] = [2, 6, 2, 2, 7],
        ['2'] = [7, 1, 7, 4, 7],
        ['3'] = [7, 1, 7, 1, 7],
        ['4'] = [5, 5, 7, 1, 1],
        ['5'] = [7, 4, 7, 1, 7],
        ['6'] = [7, 4, 7, 5, 7],
        ['7'] = [7, 1, 2, 2, 2],
        ['8'] = [7, 5, 7, 5, 7],
        ['9'] = [7, 5, 7, 1, 7],
        ['-'] = [0, 0, 7, 0, 0],
        ['+'] = [0, 2, 7, 2, 0],
        ['.'] = [0, 0, 0, 0, 2],
        ['E'] = [7, 4, 6, 4, 7],
    };

    private readonly byte[] pixels;

    /// <summary>A white picture.</summary>
    public Canvas(int width, int height)
    {
        (Width, Height) = (width, height);
        pixels = new byte[checked(3 * width * height)];
        Array.Fill(pixels, byte.MaxValue);
    }

    /// <summary>Width, in pixels.</summary>
    public int Width { get; }

    /// <summary>Height, in pixels.</summary>
    public int Height { get; }

    /// <summary>Sets a pixel.</summary>
    public void Set(int x, int y, (byte Red, byte Green, byte Blue) color)
    {
        var at = 3 * ((y * Width) + x);
        (pixels[at], pixels[at + 1], pixels[at + 2]) = color;
    }

    /// <summary>Fills a rectangle; what is outside of the picture is cut off.</summary>
    public void Fill(int left, int top, int width, int height, (byte Red, byte Green, byte Blue) color)
    {
        for (var y = Math.Max(top, 0); y < Math.Min(top + height, Height); y++)
        {
            for (var x = Math.Max(left, 0); x < Math.Min(left + width, Width); x++)
                Set(x, y, color);
        }
    }

    /// <summary>A bar with the colours beside the picture, and the numbers of its ends.</summary>
    /// <param name="left">Where the space for it begins.</param>
    /// <param name="scale">The colours.</param>
    /// <param name="least">The number at the bottom.</param>
    /// <param name="most">The number at the top.</param>
    public void DrawLegend(int left, ColorScale scale, double least, double most)
    {
        var unit = Unit(Height);
        var (top, bottom) = (8 * unit, Height - (8 * unit));
        for (var y = top; y < bottom; y++)
        {
            var value = 1 - ((y - top) / (double)Math.Max(bottom - top - 1, 1));
            Fill(left + (2 * unit), y, 8 * unit, 1, ColorMap.At(scale, value));
        }

        Write(left + (2 * unit), unit, unit, most);
        Write(left + (2 * unit), Height - (6 * unit), unit, least);
    }

    /// <summary>The width of a legend.</summary>
    /// <param name="height">Height of the picture.</param>
    public static int LegendWidth(int height) => 36 * Unit(height);

    /// <summary>The picture as a PNG file.</summary>
    public byte[] ToPng()
    {
        using var image = Image.LoadPixelData<Rgb24>(pixels, Width, Height);
        using var file = new MemoryStream();
        image.Save(file, new PngEncoder { ColorType = PngColorType.Rgb });
        return file.ToArray();
    }

    // Side of a pixel of text: 2 of 224; of a very tall picture, no wider than a screen.
    private static int Unit(int height) => Math.Clamp(height / 112, 1, 54);

    private void Write(int left, int top, int unit, double number)
    {
        foreach (var letter in number.ToString("G3", CultureInfo.InvariantCulture))
        {
            var rows = Glyphs.GetValueOrDefault(letter, Glyphs['-']);
            for (var y = 0; y < rows.Length; y++)
            {
                for (var x = 0; x < 3; x++)
                {
                    if ((rows[y] & (4 >> x)) != 0)
                        Fill(left + (x * unit), top + (y * unit), unit, unit, (0, 0, 0));
                }
            }

            left += 4 * unit;
        }
    }
}
