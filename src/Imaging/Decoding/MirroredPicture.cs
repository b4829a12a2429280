namespace ModelService.Imaging.Decoding;

/// <summary>
/// A picture of EXIF orientation 2, with left and right exchanged. Works row by row and holds no rows.
/// </summary>
internal sealed class MirroredPicture(Picture stored) : Picture(stored.Width, stored.Height, 1)
{
    /// <inheritdoc/>
    public override long FilePixels => stored.FilePixels;

    /// <inheritdoc/>
    public override Span<byte> ReadRow()
    {
        var row = stored.ReadRow();
        ExifOrientation.Mirror(row);
        return row;
    }

    /// <inheritdoc/>
    public override void Dispose() => stored.Dispose();
}
