namespace ModelService.Imaging.Decoding;

/// <summary>A picture with left and right exchanged (orientation 2): row by row, without holding it.</summary>
internal sealed class MirroredPicture(Picture stored) : Picture(stored.Width, stored.Height, 1)
{
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
