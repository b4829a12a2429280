using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Drawing;

/// <summary>Numbers over a picture, drawn as colours.</summary>
public sealed class HeatMap
{
    // Smaller pictures are enlarged, or nothing could be seen in them.
    private const int LeastSide = 224;

    // But not so that a narrow one takes gigabytes.
    private const int LongestSide = 4096;

    private readonly double[] values;
    private readonly int height;
    private readonly int width;
    private readonly double most;

    /// <summary>A map.</summary>
    /// <param name="values">The numbers, row by row; negative ones count as 0.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public HeatMap(ReadOnlySpan<double> values, int height, int width)
    {
        if (values.Length != height * width)
            throw new ArgumentException($"{values.Length} numbers are not {height}x{width}.", nameof(values));
        this.values = values.ToArray();
        (this.height, this.width) = (height, width);
        for (var i = 0; i < this.values.Length; i++)
            this.values[i] = double.IsFinite(this.values[i]) ? Math.Max(this.values[i], 0) : 0;
        most = this.values.DefaultIfEmpty().Max();
    }

    /// <summary>The map at another size: bilinear, as PyTorch has it with <c>align_corners=False</c>.</summary>
    public double[] Resize(int rows, int columns)
    {
        var result = new double[rows * columns];
        for (var y = 0; y < rows; y++)
        {
            for (var x = 0; x < columns; x++)
                result[(y * columns) + x] = At((y + 0.5) / rows, (x + 0.5) / columns);
        }

        return result;
    }

    /// <summary>The colours alone.</summary>
    /// <param name="rows">Height of the network's input.</param>
    /// <param name="columns">Width of the network's input.</param>
    /// <param name="withLegend">Whether a bar beside it says what the colours mean.</param>
    /// <returns>A PNG.</returns>
    public byte[] Draw(int rows, int columns, bool withLegend)
    {
        var factor = Factor(rows, columns);
        return Draw(
            rows * factor,
            columns * factor,
            PictureFrame.Whole,
            withLegend,
            static (_, _, heat) => heat!.Value
        );
    }

    /// <summary>The colours over a picture, which turns grey.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="frame">Where the map lies in it; the rest of the picture is darker.</param>
    /// <param name="withLegend">Whether a bar beside it says what the colours mean.</param>
    /// <returns>A PNG.</returns>
    public byte[] DrawOver(Bitmap picture, PictureFrame frame, bool withLegend)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var factor = Factor(picture.Height, picture.Width);
        return Draw(
            picture.Height * factor,
            picture.Width * factor,
            frame,
            withLegend,
            (x, y, heat) =>
            {
                var gray = Gray(picture, x / factor, y / factor);
                return heat is { } color
                    ? (Mean(gray, color.Red), Mean(gray, color.Green), Mean(gray, color.Blue))
                    : ((byte)(gray / 3), (byte)(gray / 3), (byte)(gray / 3));
            }
        );
    }

    private byte[] Draw(
        int rows,
        int columns,
        PictureFrame frame,
        bool withLegend,
        Func<int, int, (byte Red, byte Green, byte Blue)?, (byte Red, byte Green, byte Blue)> paint
    )
    {
        var canvas = new Canvas(columns + (withLegend ? Canvas.LegendWidth(rows) : 0), rows);
        for (var y = 0; y < rows; y++)
        {
            var v = ((y + 0.5) / rows * frame.ScaleY) + frame.OffsetY;
            for (var x = 0; x < columns; x++)
            {
                var u = ((x + 0.5) / columns * frame.ScaleX) + frame.OffsetX;
                var isInside = u is >= 0 and <= 1 && v is >= 0 and <= 1;
                var heat = most > 0 && isInside ? At(v, u) / most : 0;
                canvas.Set(x, y, paint(x, y, isInside ? ColorMap.At(ColorScale.Viridis, heat) : null));
            }
        }

        if (withLegend)
            canvas.DrawLegend(columns, ColorScale.Viridis, 0, most);
        return canvas.ToPng();
    }

    private double At(double v, double u)
    {
        var (top, below, y) = Between(v, height);
        var (left, right, x) = Between(u, width);
        var upper = Mix(values[(top * width) + left], values[(top * width) + right], x);
        return Mix(upper, Mix(values[(below * width) + left], values[(below * width) + right], x), y);
    }

    private static (int First, int Second, double Part) Between(double share, int count)
    {
        var place = Math.Clamp((share * count) - 0.5, 0, count - 1);
        var first = (int)place;
        return (first, Math.Min(first + 1, count - 1), place - first);
    }

    private static double Mix(double left, double right, double part) => left + ((right - left) * part);

    private static int Factor(int rows, int columns)
    {
        var (shorter, longer) = (Math.Min(rows, columns), Math.Max(rows, columns));
        return Math.Clamp((LeastSide + shorter - 1) / shorter, 1, Math.Max(1, LongestSide / longer));
    }

    private static byte Mean(int left, int right) => (byte)((left + right + 1) / 2);

    private static int Gray(Bitmap picture, int x, int y)
    {
        var pixel = picture.Pixels.Span.Slice(((y * picture.Width) + x) * picture.Channels, picture.Channels);
        return pixel.Length == 1 ? pixel[0] : ((299 * pixel[0]) + (587 * pixel[1]) + (114 * pixel[2]) + 500) / 1000;
    }
}
