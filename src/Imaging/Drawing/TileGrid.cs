namespace ModelService.Imaging.Drawing;

/// <summary>Small pictures of numbers side by side: the channels of a layer, or the filters of a convolution.</summary>
public static class TileGrid
{
    private const int Gap = 2;

    // Smaller tiles are enlarged.
    private const int LeastSide = 64;

    /// <summary>Draws tiles.</summary>
    /// <param name="tiles">The numbers of each tile, row by row: one plane, or three of red, green and blue.</param>
    /// <param name="height">Rows of a tile.</param>
    /// <param name="width">Columns of a tile.</param>
    /// <param name="columns">Tiles in a row; 0: about as many as there are rows.</param>
    /// <param name="colors">The colours of tiles of one plane.</param>
    /// <param name="isShared">Whether all tiles have one scale; else each one has its own.</param>
    /// <param name="withLegend">With a shared scale: whether a bar beside it says what the colours mean.</param>
    /// <returns>A PNG.</returns>
    public static byte[] Draw(
        IReadOnlyList<float[]> tiles,
        int height,
        int width,
        int columns,
        ColorScale colors,
        bool isShared,
        bool withLegend
    )
    {
        ArgumentNullException.ThrowIfNull(tiles);
        if (columns == 0)
            columns = (int)Math.Ceiling(Math.Sqrt(tiles.Count));
        columns = Math.Clamp(columns, 1, Math.Max(tiles.Count, 1));
        var factor = Math.Max(1, LeastSide / Math.Max(height, width));
        var (across, down) = ((width * factor) + Gap, (height * factor) + Gap);
        var rows = (tiles.Count + columns - 1) / columns;
        var (fullWidth, fullHeight) = ((columns * across) - Gap, (rows * down) - Gap);
        withLegend &= isShared;
        var canvas = new Canvas(fullWidth + (withLegend ? Canvas.LegendWidth(fullHeight) : 0), fullHeight);
        var all = isShared ? Range(tiles.SelectMany(tile => tile)) : default;
        for (var number = 0; number < tiles.Count; number++)
        {
            var (left, top) = (number % columns * across, number / columns * down);
            var tile = tiles[number];
            var (least, most) = isShared ? all : Range(tile);
            var plane = height * width;
            for (var place = 0; place < plane; place++)
            {
                var color =
                    tile.Length == 3 * plane
                        ? (Level(place), Level(place + plane), Level(place + (2 * plane)))
                        : ColorMap.At(colors, Share(tile[place]));
                canvas.Fill(left + (place % width * factor), top + (place / width * factor), factor, factor, color);
            }

            double Share(float value) => most > least ? (value - least) / (most - least) : 0;
            byte Level(int place) => ColorMap.At(ColorScale.Gray, Share(tile[place])).Red;
        }

        if (withLegend)
            canvas.DrawLegend(fullWidth, colors, all.Least, all.Most);
        return canvas.ToPng();
    }

    private static (double Least, double Most) Range(IEnumerable<float> values)
    {
        var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values.Where(float.IsFinite))
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        return (least, most);
    }
}
