using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace ModelService.Imaging.Tests;

/// <summary>What a picture is, and small copies of pictures.</summary>
public sealed class ThumbnailTests
{
    [Theory]
    [InlineData("astronaut_12mp.jpg", 4000, 3000)] // decoded at half its size
    [InlineData("astronaut.png", 512, 512)]
    [InlineData("exif_1.jpg", 160, 104)]
    [InlineData("exif_3.jpg", 160, 104)]
    [InlineData("exif_6.jpg", 160, 104)] // stored on its side
    [InlineData("exif_8.jpg", 160, 104)]
    public void Inspect_APhoto_TellsItsUprightSizeAndFormat(string file, int width, int height)
    {
        var photo = Fixtures.Bytes("photos", file);

        var info = Pictures.Preprocessor().Inspect(photo, PreprocessingDefinition.Raw(1, 16, 16), new float[256]);

        Assert.Equal((width, height), (info.Width, info.Height));
        Assert.Equal(file.EndsWith(".png", StringComparison.Ordinal) ? "image/png" : "image/jpeg", info.ContentType);
        Assert.Equal(info.ContentType, PictureFile.FindContentType(photo));
    }

    [Theory]
    [InlineData("exif_6.jpg", 160, 104, 80, 80, 52)]
    [InlineData("exif_6.jpg", 160, 104, 500, 160, 104)] // not made larger
    [InlineData("astronaut_12mp.jpg", 4000, 3000, 128, 128, 96)]
    public void Make_APhoto_IsUprightAndSmall(
        string file,
        int width,
        int height,
        int size,
        int expectedW,
        int expectedH
    )
    {
        var photo = Fixtures.Bytes("photos", file);

        var small = Thumbnail.Make(Pictures.Preprocessor(), photo, width, height, size);

        using var image = Image.Load<Rgb24>(small);
        Assert.Equal((expectedW, expectedH), (image.Width, image.Height));
        var expected = new float[3 * expectedW * expectedH];
        Pictures.Preprocessor().Run(photo, PreprocessingDefinition.Raw(3, expectedH, expectedW), expected);
        var error = 0.0;
        for (var y = 0; y < expectedH; y++)
        {
            for (var x = 0; x < expectedW; x++)
                error += Math.Abs(image[x, y].G - expected[(expectedW * expectedH) + (y * expectedW) + x]);
        }

        Assert.InRange(error / (expectedW * expectedH), 0, 4); // of the compression
    }
}
