namespace ModelService.Imaging.Decoding;

/// <summary>
/// A picture whose header has been read and whose rows are read one after the other. It owns the decoder's resources
/// and frees them on disposal.
/// </summary>
internal abstract class Picture(int width, int height, int orientation) : IDisposable
{
    /// <summary>Width, in pixels.</summary>
    public int Width { get; } = width;

    /// <summary>Height, in pixels.</summary>
    public int Height { get; } = height;

    /// <summary>EXIF orientation, 1 to 8: how the stored rows and columns are to be turned. 1 is upright.</summary>
    public int Orientation { get; } = orientation is >= 1 and <= 8 ? orientation : 1;

    /// <summary>Pixels of the file: more than those that are read, if it is decoded at half its size.</summary>
    public virtual long FilePixels => (long)Width * Height;

    /// <summary>Reads the next row, from top to bottom; may be called <see cref="Height"/> times.</summary>
    /// <returns>
    /// <see cref="Width"/> pixels of red, green and blue, 8 bits each. They are valid until the next call, and the
    /// caller may overwrite them.
    /// </returns>
    /// <exception cref="ImageException">The picture is damaged or cut short.</exception>
    public abstract Span<byte> ReadRow();

    /// <inheritdoc/>
    public abstract void Dispose();
}
