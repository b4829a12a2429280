using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;
using NetVips;

namespace ModelService.Imaging.Tests.Decoding;

/// <summary>
/// Variants of the formats that the photos don't cover, written by libvips or by hand, against the pixels they were
/// made of.
/// </summary>
public sealed class FormatTests
{
    // Red and green; the second colour is declared transparent.
    private static readonly byte[] TransparentGif =
    [
        .. "GIF89a"u8,
        2,
        0,
        1,
        0,
        0x80,
        0,
        0,
        255,
        0,
        0,
        0,
        255,
        0,
        0x21,
        0xF9,
        4,
        1,
        0,
        0,
        1,
        0,
        0x2C,
        0,
        0,
        0,
        0,
        2,
        0,
        1,
        0,
        0,
        2,
        2,
        0x44,
        0x0A,
        0,
        0x3B,
    ];

    public static TheoryData<string> Lossless { get; } =
    [
        "tiled.tiff",
        "deflate.tiff",
        "big.tiff",
        "16bit.tiff",
        "cmyk.tiff",
        "alpha.tiff",
        "interlaced16.png",
        "alpha16.png",
        "alpha.webp",
        "palette.gif",
    ];

    [Theory]
    [MemberData(nameof(Lossless))]
    public void Open_LosslessForm_GivesTheSamePixels(string form)
    {
        using var image = Image.NewFromBuffer(Fixtures.Bytes("photos", "chelsea_portrait_small.png"));
        var pixels = image.WriteToMemory<byte>();

        var (width, height, rgb) = Pictures.Decode(Write(image, form));

        // CMYK without black and a GIF's 256 colours are not the very same colours.
        var tolerance = form switch
        {
            "cmyk.tiff" => 1,
            "palette.gif" => 80,
            _ => 0,
        };
        Assert.Equal((image.Width, image.Height), (width, height));
        Assert.InRange(pixels.Zip(rgb, (a, b) => Math.Abs(a - b)).Max(), 0, tolerance);
    }

    [Theory]
    [InlineData("gray.png")]
    [InlineData("grayalpha.png")]
    [InlineData("gray16alpha.png")]
    [InlineData("gray.webp")]
    [InlineData("gray.tiff")]
    public void Open_GrayForm_RepeatsTheGray(string form)
    {
        using var image = Image.NewFromBuffer(Fixtures.Bytes("photos", "clock_gray.png"));
        var pixels = image.WriteToMemory<byte>();

        var rgb = Pictures.Decode(Write(image, form)).Rgb;

        Assert.Equal(pixels.SelectMany(value => new[] { value, value, value }), rgb);
    }

    [Fact]
    public void Open_OneBitPng_IsBlackAndWhite()
    {
        using var image = Image
            .NewFromArray(
                new byte[,]
                {
                    { 0, 255, 0 },
                    { 255, 255, 0 },
                }
            )
            .Cast(Enums.BandFormat.Uchar);

        var rgb = Pictures.Decode(image.PngsaveBuffer(bitdepth: 1)).Rgb;

        Assert.Equal(image.WriteToMemory<byte>().SelectMany(value => new[] { value, value, value }), rgb);
    }

    [Theory]
    [InlineData(
        Enums.BandFormat.Float,
        "The picture has samples of type Float; unsigned integers of 8 or 16 bits are supported."
    )]
    [InlineData(
        Enums.BandFormat.Int,
        "The picture has samples of type Int; unsigned integers of 8 or 16 bits are supported."
    )]
    public void Open_UnfitSamples_AreRefusedByName(Enums.BandFormat format, string message)
    {
        using var image = Image.NewFromBuffer(Fixtures.Bytes("photos", "chelsea_portrait_small.png")).Cast(format);

        var exception = Assert.Throws<ImageException>(() => Pictures.Decode(image.TiffsaveBuffer()));

        Assert.Equal((ImageFault.Undecodable, message), (exception.Fault, exception.Message));
    }

    [Fact]
    public void Open_TiffOfManyPages_GivesTheFirst()
    {
        using var first = Image.NewFromBuffer(Fixtures.Bytes("photos", "chelsea_portrait_small.png"));
        using var both = Image.Arrayjoin([first, first.Invert()], across: 1);
        using var pages = both.Mutate(mutable => mutable.Set(GValue.GIntType, "page-height", first.Height));

        Assert.Equal(first.WriteToMemory<byte>(), Pictures.Decode(pages.TiffsaveBuffer()).Rgb);
    }

    [Theory]
    [InlineData(AlphaHandling.Drop, new byte[] { 255, 0, 0, 0, 255, 0 })]
    [InlineData(AlphaHandling.White, new byte[] { 255, 0, 0, 255, 255, 255 })]
    [InlineData(AlphaHandling.Black, new byte[] { 255, 0, 0, 0, 0, 0 })]
    public void Open_TransparentGif_HasThePalettesColourOrTheBackground(AlphaHandling alpha, byte[] expected) =>
        Assert.Equal(expected, Pictures.Decode(TransparentGif, Pictures.AsStored with { Alpha = alpha }).Rgb);

    [Fact]
    public void Open_GifWithDamagedLaterFrames_GivesTheFirst()
    {
        var whole = Fixtures.Bytes("photos", "coffee_animated.gif");

        Assert.Equal(Pictures.Decode(whole).Rgb, Pictures.Decode(whole.AsMemory(0, whole.Length / 2)).Rgb);
    }

    [Fact]
    public void Open_JpegWithoutItsEndMarker_IsRefused() =>
        Assert.Throws<ImageException>(() => Pictures.Decode(Fixtures.Bytes("photos", "chelsea.jpg").AsMemory()[..^2]));

    [Fact]
    public void Open_CmykJpeg_IsConvertedAsPillowDoes()
    {
        var expected = Pictures
            .Manifest("photos")
            .Single(item => item.GetProperty("file").GetString() == "coffee_cmyk.jpg");

        var (width, height, rgb) = Pictures.Decode(Fixtures.Bytes("photos", "coffee_cmyk.jpg"));

        var mean = Measures.Mean(rgb, width, 0, width, 0, height);
        Assert.All(
            Pictures.Numbers(expected, "mean_rgb")!.Zip(mean),
            pair => Assert.InRange(pair.Second, pair.First - 0.5, pair.First + 0.5)
        );
    }

    private static byte[] Write(Image image, string form) =>
        form switch
        {
            "tiled.tiff" => image.TiffsaveBuffer(
                tile: true,
                tileWidth: 32,
                tileHeight: 16,
                compression: Enums.ForeignTiffCompression.Lzw
            ),
            "deflate.tiff" => image.TiffsaveBuffer(
                compression: Enums.ForeignTiffCompression.Deflate,
                predictor: Enums.ForeignTiffPredictor.Horizontal
            ),
            "big.tiff" => image.TiffsaveBuffer(bigtiff: true),
            "16bit.tiff" => Sixteen(image).TiffsaveBuffer(),
            "cmyk.tiff" => image.Invert().Bandjoin(0).Copy(interpretation: Enums.Interpretation.Cmyk).TiffsaveBuffer(),
            "alpha.tiff" => image.Bandjoin(128).TiffsaveBuffer(),
            "interlaced16.png" => Sixteen(image).PngsaveBuffer(interlace: true),
            "alpha16.png" => Sixteen(image.Bandjoin(128)).PngsaveBuffer(),
            "alpha.webp" => image.Bandjoin(128).WebpsaveBuffer(lossless: true, exact: true),
            "palette.gif" => image.GifsaveBuffer(dither: 0),
            "gray.png" => image.PngsaveBuffer(),
            "grayalpha.png" => image.Bandjoin(7).PngsaveBuffer(),
            "gray16alpha.png" => Sixteen(image.Bandjoin(7)).PngsaveBuffer(),
            "gray.webp" => image.WebpsaveBuffer(lossless: true),
            "gray.tiff" => image.TiffsaveBuffer(),
            _ => throw new ArgumentOutOfRangeException(nameof(form), form, null),
        };

    // The value in the high byte and something else in the low one.
    private static Image Sixteen(Image image) =>
        ((image.Cast(Enums.BandFormat.Ushort) << 8) + 100)
            .Cast(Enums.BandFormat.Ushort)
            .Copy(interpretation: image.Bands < 3 ? Enums.Interpretation.Grey16 : Enums.Interpretation.Rgb16);
}
