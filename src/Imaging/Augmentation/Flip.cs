using ModelService.Imaging.Decoding;

namespace ModelService.Imaging.Augmentation;

/// <summary>Mirrors a picture in place.</summary>
internal static class Flip
{
    /// <summary>Mirrors left for right.</summary>
    /// <param name="pixels">The picture.</param>
    /// <param name="size">Its height, width and number of channels.</param>
    public static void Horizontal(Span<byte> pixels, (int Height, int Width, int Channels) size)
    {
        var rowLength = size.Width * size.Channels;
        for (var y = 0; y < size.Height; y++)
        {
            var row = pixels.Slice(y * rowLength, rowLength);
            if (size.Channels == 1)
                row.Reverse();
            else
                ExifOrientation.Mirror(row);
        }
    }

    /// <summary>Mirrors top for bottom.</summary>
    /// <inheritdoc cref="Horizontal"/>
    public static void Vertical(Span<byte> pixels, (int Height, int Width, int Channels) size)
    {
        var rowLength = size.Width * size.Channels;
        for (var y = 0; y < size.Height / 2; y++)
        {
            var top = pixels.Slice(y * rowLength, rowLength);
            var bottom = pixels.Slice((size.Height - 1 - y) * rowLength, rowLength);
            for (var i = 0; i < rowLength; i++)
                (top[i], bottom[i]) = (bottom[i], top[i]);
        }
    }
}
