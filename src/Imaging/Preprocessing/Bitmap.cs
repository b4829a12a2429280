namespace ModelService.Imaging.Preprocessing;

/// <summary>
/// A picture of 8 bits a channel in memory: rows from top to bottom, pixels from left to right, the channels of a pixel
/// side by side.
/// </summary>
public sealed class Bitmap
{
    /// <summary>Creates a picture of pixels that are there already; they are not copied.</summary>
    /// <param name="width">Width, in pixels; at least 1.</param>
    /// <param name="height">Height, in pixels; at least 1.</param>
    /// <param name="channels">1 (gray) or 3 (red, green, blue).</param>
    /// <param name="pixels">The bytes: exactly width times height times channels.</param>
    public Bitmap(int width, int height, int channels, ReadOnlyMemory<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (channels is not (1 or 3))
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "A picture has 1 channel or 3.");
        var length = (long)width * height * channels;
        if (pixels.Length != length)
            throw new ArgumentException($"Found {pixels.Length} bytes; needed: {length}.", nameof(pixels));
        (Width, Height, Channels, Pixels) = (width, height, channels, pixels);
    }

    /// <summary>Width, in pixels.</summary>
    public int Width { get; }

    /// <summary>Height, in pixels.</summary>
    public int Height { get; }

    /// <summary>Bytes of a pixel: 1 (gray) or 3 (red, green, blue).</summary>
    public int Channels { get; }

    /// <summary>The bytes, row by row.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }
}
