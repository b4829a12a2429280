namespace ModelService.Imaging.Decoding;

/// <summary>A picture whose header has been read and whose rows come one after the other. Owns what the decoder holds for it.</summary>
internal abstract class Picture(int width, int height, int orientation) : IDisposable
{
    /// <summary>Pixels in a row.</summary>
    public int Width { get; } = width;

    /// <summary>Rows.</summary>
    public int Height { get; } = height;

    /// <summary>EXIF orientation, 1 to 8: where the stored rows and columns belong. 1 is upright.</summary>
    public int Orientation { get; } = orientation is >= 1 and <= 8 ? orientation : 1;

    /// <summary>The next row, from the top; call it <see cref="Height"/> times at most.</summary>
    /// <returns><see cref="Width"/> pixels of red, green and blue, 8 bits each. The caller may overwrite them; valid until the next call.</returns>
    /// <exception cref="ImageException">The picture is damaged or cut short.</exception>
    public abstract Span<byte> ReadRow();

    /// <inheritdoc/>
    public abstract void Dispose();
}
