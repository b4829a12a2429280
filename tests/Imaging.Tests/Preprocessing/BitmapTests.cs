using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Preprocessing;

/// <summary>Pictures of 8 bits, before they are normalised.</summary>
public sealed class BitmapTests
{
    public static TheoryData<string> Photos { get; } =
    ["chelsea.jpg", "clock_gray.png", "astronaut_12mp.jpg", "exif_6.jpg", "strip.png", "one_pixel.png"];

    [Theory]
    [MemberData(nameof(Photos))]
    public void Prepare_ThenNormalize_GivesWhatRunGives(string photo)
    {
        var encoded = Fixtures.Bytes("photos", photo);
        PreprocessingDefinition[] definitions =
        [
            PreprocessingDefinition.ImageNet,
            PreprocessingDefinition.Unit(1, 28, 31),
            PreprocessingDefinition.ImageNet with
            {
                Resize = new ResizeDefinition { ShorterSide = 10 },
                CenterCrop = new CropDefinition { Height = 13, Width = 2 },
            },
        ];
        foreach (var definition in definitions)
        {
            var picture = Pictures.Preprocessor().Prepare(encoded, definition);
            var floats = new float[picture.Pixels.Length];
            Preprocessor.Normalize(picture.Pixels.Span, definition, floats);

            Assert.Equal(definition.OutputSize, (picture.Height, picture.Width));
            Assert.Equal(Pictures.Run(encoded, definition), floats);
        }
    }

    [Theory]
    [InlineData("chelsea.jpg", 256, 384, 256)]
    [InlineData("exif_6.jpg", 20, 0, 20)]
    [InlineData("one_pixel.png", 256, 1, 1)]
    public void Shrink_Photo_HasTheShorterSideAndIsNeverEnlarged(string photo, int side, int width, int shorter)
    {
        var picture = Pictures
            .Preprocessor()
            .Shrink(Fixtures.Bytes("photos", photo), PreprocessingDefinition.ImageNet, side);

        Assert.Equal(shorter, Math.Min(picture.Width, picture.Height));
        if (width > 0)
            Assert.Equal(width, picture.Width);
    }

    [Theory]
    [InlineData(451, 300, 1500, 400, 400, 266)]
    [InlineData(451, 300, 200, 280, 280, 186)]
    [InlineData(1, 20_000, 1500, 6000, 1, 6000)]
    public void Shrink_NarrowPhoto_IsBoundedAlongItsLongerSideToo(
        int width,
        int height,
        int shorter,
        int longer,
        int expectedWidth,
        int expectedHeight
    )
    {
        using var image = NetVips.Image.Black(width, height, bands: 3);

        var picture = Pictures
            .Preprocessor()
            .Shrink(image.PngsaveBuffer(), PreprocessingDefinition.ImageNet, shorter, longer);

        Assert.Equal((expectedWidth, expectedHeight), (picture.Width, picture.Height));
    }

    [Fact]
    public void Shrink_SmallPhoto_KeepsItsPixels()
    {
        var encoded = Fixtures.Bytes("photos", "chelsea.png");
        var (width, height, rgb) = Pictures.Decode(encoded);

        var picture = Pictures.Preprocessor().Shrink(encoded, PreprocessingDefinition.ImageNet, 5000);

        Assert.Equal((width, height), (picture.Width, picture.Height));
        Assert.Equal(rgb, picture.Pixels.ToArray());
    }

    [Theory]
    [InlineData(2, 2, 3, 11)]
    [InlineData(70_000, 70_000, 3, 0)]
    public void Constructor_WrongNumberOfBytes_IsRefused(int width, int height, int channels, int bytes) =>
        Assert.Throws<ArgumentException>(() => new Bitmap(width, height, channels, new byte[bytes]));
}
