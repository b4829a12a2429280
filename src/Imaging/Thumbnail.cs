using ModelService.Imaging.Preprocessing;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.PixelFormats;

namespace ModelService.Imaging;

/// <summary>Makes small copies of pictures.</summary>
public static class Thumbnail
{
    private const int Quality = 85;

    /// <summary>Makes a small copy.</summary>
    /// <param name="preprocessor">Decodes the picture and makes it smaller.</param>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="width">Width of the upright picture, in pixels.</param>
    /// <param name="height">Height of the upright picture, in pixels.</param>
    /// <param name="size">The length of the longer side, in pixels; a smaller picture keeps its own.</param>
    /// <returns>A JPEG without metadata.</returns>
    /// <exception cref="ImageException">The picture can't be decoded.</exception>
    public static byte[] Make(Preprocessor preprocessor, ReadOnlyMemory<byte> encoded, int width, int height, int size)
    {
        ArgumentNullException.ThrowIfNull(preprocessor);
        var scale = Math.Min(1.0, size / (double)Math.Max(width, height));
        var (w, h) = (Math.Max((int)Math.Round(width * scale), 1), Math.Max((int)Math.Round(height * scale), 1));
        var small = PreprocessingDefinition.Raw(3, h, w) with { Alpha = AlphaHandling.White };
        var planes = new float[3 * h * w];
        preprocessor.Run(encoded, small, planes);
        using var image = new Image<Rgb24>(w, h);
        for (var y = 0; y < h; y++)
        {
            for (var x = 0; x < w; x++)
            {
                var at = (y * w) + x;
                image[x, y] = new Rgb24(
                    ToByte(planes[at]),
                    ToByte(planes[at + (h * w)]),
                    ToByte(planes[at + (2 * h * w)])
                );
            }
        }

        using var file = new MemoryStream();
        image.Save(file, new JpegEncoder { Quality = Quality });
        return file.ToArray();
    }

    private static byte ToByte(float value) => (byte)Math.Clamp(MathF.Round(value), 0, byte.MaxValue);
}
