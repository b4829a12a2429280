namespace ModelService.Imaging.Decoding;

/// <summary>
/// A picture of EXIF orientation 3 to 8. Its first upright row is the last stored row or a stored column, so it holds
/// the whole picture in memory.
/// </summary>
/// <param name="stored">The picture as stored; owned and disposed with this one.</param>
internal sealed class TurnedPicture(Picture stored)
    : Picture(
        stored.Orientation < 5 ? stored.Width : stored.Height,
        stored.Orientation < 5 ? stored.Height : stored.Width,
        1
    )
{
    // Number of columns gathered at once. Gathered one by one, each pixel would cost the read of a whole cache line.
    private const int Block = 64;

    private readonly NativeBuffer pixels = new(3L * stored.Width * stored.Height);
    private readonly NativeBuffer block = new(3L * Block * Math.Max(stored.Width, stored.Height));
    private bool isRead;
    private int next;

    /// <inheritdoc/>
    public override long FilePixels => stored.FilePixels;

    /// <inheritdoc/>
    public override Span<byte> ReadRow()
    {
        if (!isRead)
            ReadAll();
        var y = next++;
        if (stored.Orientation < 5)
        {
            var row = StoredRow(stored.Height - 1 - y);
            if (stored.Orientation == 3)
                ExifOrientation.Mirror(row);
            return row;
        }

        if (y % Block == 0)
            Gather(y);
        return BlockRow(y % Block);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        stored.Dispose();
        pixels.Dispose();
        block.Dispose();
    }

    private void ReadAll()
    {
        for (var y = 0; y < stored.Height; y++)
            stored.ReadRow().CopyTo(StoredRow(y));
        isRead = true;
    }

    // Fills the block with upright rows from y on, each of them a stored column. Orientations 7 and 8 count the columns
    // from the right; 6 and 7 read them from the bottom.
    private void Gather(int y)
    {
        var target = block.Slice(0, 3 * Block * Width);
        var count = Math.Min(Block, Height - y);
        var (first, step) = stored.Orientation is 7 or 8 ? (3 * (stored.Width - 1 - y), -3) : (3 * y, 3);
        var fromBottom = stored.Orientation is 6 or 7;
        for (var sourceY = 0; sourceY < stored.Height; sourceY++)
        {
            var source = StoredRow(sourceY);
            var from = first;
            var to = 3 * (fromBottom ? stored.Height - 1 - sourceY : sourceY);
            for (var i = 0; i < count; i++, from += step, to += 3 * Width)
            {
                target[to] = source[from];
                target[to + 1] = source[from + 1];
                target[to + 2] = source[from + 2];
            }
        }
    }

    private Span<byte> StoredRow(int y) => pixels.Slice(3L * stored.Width * y, 3 * stored.Width);

    private Span<byte> BlockRow(int i) => block.Slice(3L * Width * i, 3 * Width);
}
