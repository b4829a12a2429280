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
        using var image = Image.LoadPixelData<Rgb24>(preprocessor.Prepare(encoded, small).Pixels.Span, w, h);
        using var file = new MemoryStream();
        image.Save(file, new JpegEncoder { Quality = Quality });
        return file.ToArray();
    }
}
