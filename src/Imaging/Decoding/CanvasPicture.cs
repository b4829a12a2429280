namespace ModelService.Imaging.Decoding;

/// <summary>A picture on a larger canvas of one colour.</summary>
/// <param name="part">The picture; owned and disposed with this one.</param>
/// <param name="width">Width of the canvas, in pixels.</param>
/// <param name="height">Height of the canvas, in pixels.</param>
/// <param name="left">Column of the canvas at which the picture begins.</param>
/// <param name="top">Row of the canvas at which the picture begins.</param>
/// <param name="color">Red, green and blue of the canvas.</param>
internal sealed class CanvasPicture(Picture part, int width, int height, int left, int top, byte[] color)
    : Picture(width, height, 1)
{
    private readonly byte[] row = new byte[3 * width];
    private int next;

    /// <inheritdoc/>
    public override Span<byte> ReadRow()
    {
        for (var i = 0; i < row.Length; i += 3)
            color.CopyTo(row, i);
        var y = next++ - top;
        if (y >= 0 && y < part.Height)
            part.ReadRow().CopyTo(row.AsSpan(3 * left));
        return row;
    }

    /// <inheritdoc/>
    public override void Dispose() => part.Dispose();
}
