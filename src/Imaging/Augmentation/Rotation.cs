namespace ModelService.Imaging.Augmentation;

/// <summary>
/// Turns a picture about its centre and keeps its size, as Pillow's <c>Image.rotate</c> does with bilinear
/// interpolation. What comes from outside is filled.
/// </summary>
internal static class Rotation
{
    /// <summary>Turns a picture.</summary>
    /// <param name="source">The picture.</param>
    /// <param name="size">Its height, width and number of channels.</param>
    /// <param name="degrees">The turn, counter-clockwise.</param>
    /// <param name="fill">The colour of what comes from outside: a byte a channel.</param>
    /// <param name="target">Receives the turned picture.</param>
    public static void Run(
        ReadOnlySpan<byte> source,
        (int Height, int Width, int Channels) size,
        double degrees,
        ReadOnlySpan<byte> fill,
        Span<byte> target
    )
    {
        var (height, width, channels) = size;
        for (var i = 0; i < target.Length; i++)
            target[i] = fill[i % channels];
        var angle = -(degrees % 360) * Math.PI / 180;
        var (cos, sin) = (Math.Round(Math.Cos(angle), 15), Math.Round(Math.Sin(angle), 15));
        var (centreX, centreY) = (width / 2.0, height / 2.0);
        var x0 = (cos * -centreX) + (sin * -centreY) + centreX;
        var y0 = (-sin * -centreX) + (cos * -centreY) + centreY;

        // ImagingGenericTransform with bilinear_filter of Pillow's Geometry.c. It does not blend the border with the
        // fill.
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var exactX = (cos * (x + 0.5)) + (sin * (y + 0.5)) + x0;
                var exactY = (-sin * (x + 0.5)) + (cos * (y + 0.5)) + y0;
                if (exactX < 0 || exactX >= width || exactY < 0 || exactY >= height)
                    continue;
                var (left, top) = ((int)Math.Floor(exactX - 0.5), (int)Math.Floor(exactY - 0.5));
                var (dx, dy) = (exactX - 0.5 - left, exactY - 0.5 - top);
                var (near, far) = (Math.Max(left, 0) * channels, Math.Min(left + 1, width - 1) * channels);
                var above = source.Slice(Math.Max(top, 0) * width * channels, width * channels);
                var below = source.Slice(Math.Min(top + 1, height - 1) * width * channels, width * channels);
                var to = ((y * width) + x) * channels;
                for (var channel = 0; channel < channels; channel++, near++, far++, to++)
                {
                    var first = above[near] + ((above[far] - above[near]) * dx);
                    var second = below[near] + ((below[far] - below[near]) * dx);
                    target[to] = (byte)(first + ((second - first) * dy));
                }
            }
        }
    }
}
