using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;
using NetVips;

namespace ModelService.Imaging.Tests.Decoding;

/// <summary>The large pictures and the formats of phones.</summary>
public sealed class PhonePhotoTests
{
    private static readonly PreprocessingDefinition Small = PreprocessingDefinition.Raw(3, 224, 224);

    [Theory]
    [InlineData(8160, 6144)] // 50.1 million
    [InlineData(16320, 12240)] // 199.8 million, decoded at half its size
    public void Run_PhotoOfAPhone_IsTaken(int width, int height)
    {
        var pixels = Pictures.Run(Jpeg(width, height), Small);

        Assert.InRange(pixels[0], 199, 201);
        Assert.InRange(pixels[224 * 224], 99, 101);
        Assert.InRange(pixels[2 * 224 * 224], 49, 51);
    }

    // A limit of 50,000 stands for the one of 64 million.
    [Theory]
    [InlineData(false, Interpolation.Bilinear, true)]
    [InlineData(false, Interpolation.Bicubic, false)] // not decoded at half its size
    [InlineData(true, Interpolation.Bilinear, false)] // not decoded row by row
    public void Run_PhotoOfFourTimesTheLimit_IsTakenWhereMemoryIsBounded(
        bool progressive,
        Interpolation interpolation,
        bool isTaken
    )
    {
        var photo = Jpeg(2048, 1600, progressive);
        var preprocessor = Pictures.Preprocessor(maxPixels: 2048 * 1600 / 4);
        var definition = Small with
        {
            Resize = new ResizeDefinition { Height = 60, Width = 60 },
            Interpolation = interpolation,
        };

        if (isTaken)
        {
            Pictures.Run(photo, definition, preprocessor);
            return;
        }

        var exception = Assert.Throws<ImageException>(() => Pictures.Run(photo, definition, preprocessor));
        Assert.Equal(ImageFault.TooLarge, exception.Fault);
    }

    [Fact]
    public void Run_PhotoOfMoreThanFourTimesTheLimit_IsTooLarge()
    {
        var exception = Assert.Throws<ImageException>(() =>
            Pictures.Run(
                Jpeg(2048, 1600),
                PreprocessingDefinition.Raw(3, 60, 60),
                Pictures.Preprocessor(maxPixels: (2048 * 1600 / 4) - 1)
            )
        );

        Assert.Equal("The picture is 2048x1600 pixels (3,276,800); at most 3,276,796 are allowed.", exception.Message);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(12)]
    public void Open_Avif_GivesTheColours(int bits)
    {
        using var image = Colors(64, 48);
        var avif = image.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1, bitdepth: bits, lossless: true);

        var (width, height, rgb) = Pictures.Decode(avif);

        Assert.Equal((64, 48), (width, height));
        Assert.All(image.WriteToMemory<byte>().Zip(rgb), pair => Assert.InRange(pair.Second - pair.First, -2, 2));
    }

    // The orientation of an AVIF is a property of the format, and libheif applies it. Its EXIF is not to turn it again.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void Open_AvifWithAnOrientation_IsTurnedOnceAtMost(int orientation)
    {
        using var image = Image.NewFromBuffer(Fixtures.Bytes("photos", "chelsea_portrait_small.png"));
        using var turned = image.Mutate(mutable => mutable.Set(GValue.GIntType, "orientation", orientation));
        var avif = turned.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1, lossless: true);
        using var upright = avif.AsSpan().IndexOf("irot"u8) < 0 ? image.Copy() : turned.Autorot();

        var found = Pictures.Decode(avif);

        Assert.Equal((upright.Width, upright.Height), (found.Width, found.Height));
        Assert.InRange(upright.WriteToMemory<byte>().Zip(found.Rgb, (a, b) => Math.Abs(a - b)).Average(), 0, 1);
        Assert.Equal(found.Rgb, Pictures.Decode(avif, Pictures.AsStored with { ExifOrientation = false }).Rgb);
    }

    [Fact]
    public void Open_AvifThatIsCutShort_IsRefused()
    {
        using var image = Colors(64, 48);
        var avif = image.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1);

        foreach (var length in new[] { 12, 100, avif.Length / 2, avif.Length - 10 })
            Assert.Throws<ImageException>(() => Pictures.Decode(avif.AsMemory(0, length)));
    }

    private static byte[] Jpeg(int width, int height, bool progressive = false)
    {
        using var image = Colors(width, height);
        return image.JpegsaveBuffer(interlace: progressive, q: 90);
    }

    // Red 200, green 100, blue 50.
    private static Image Colors(int width, int height)
    {
        using var black = Image.Black(width, height);
        using var colors = black + new[] { 200.0, 100, 50 };
        using var bytes = colors.Cast(Enums.BandFormat.Uchar);
        return bytes.Copy(interpretation: Enums.Interpretation.Srgb);
    }
}
