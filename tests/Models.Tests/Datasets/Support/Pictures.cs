using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;

namespace ModelService.Models.Tests.Datasets.Support;

/// <summary>Pictures that are made for a test.</summary>
internal static class Pictures
{
    /// <summary>A PNG that no other seed gives, and that looks like none of another seed.</summary>
    public static byte[] Png(int seed, int width = 24, int height = 24)
    {
        using var image = Draw(seed, width, height);
        return Save(image);
    }

    /// <summary>The same picture as a JPEG of another size.</summary>
    public static byte[] Jpeg(int seed, int width, int height)
    {
        using var image = Draw(seed, 256, 256);
        image.Mutate(operation => operation.Resize(width, height));
        using var file = new MemoryStream();
        image.Save(file, new JpegEncoder { Quality = 90 });
        return file.ToArray();
    }

    /// <summary>A picture of one grey value.</summary>
    public static byte[] Plain(byte value, int size = 24)
    {
        using var image = new Image<L8>(size, size, new L8(value));
        return Save(image);
    }

    // Large blocks of random grey values, so that another size shows the same picture.
    private static Image<L8> Draw(int seed, int width, int height)
    {
        var random = new Random(seed);
        var blocks = new byte[64];
        random.NextBytes(blocks);
        var image = new Image<L8>(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                image[x, y] = new L8(blocks[(y * 8 / height * 8) + (x * 8 / width)]);
        }

        return image;
    }

    private static byte[] Save(Image image)
    {
        using var file = new MemoryStream();
        image.Save(file, new PngEncoder());
        return file.ToArray();
    }
}
