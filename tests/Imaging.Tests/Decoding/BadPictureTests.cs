using System.Buffers.Binary;
using System.Text;
using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Decoding;

/// <summary>What must be refused, and in which words.</summary>
public sealed class BadPictureTests
{
    private const string Heic =
        "a HEIC picture (HEIF with HEVC), as iPhones take them. Send it as JPEG: on an iPhone, set Camera, Formats to "
        + "Most Compatible, or share the photo instead of its file";

    public static TheoryData<string> Files { get; } =
    [.. Pictures.Manifest("bad").Select(item => item.GetProperty("file").GetString()!)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Run_BadFile_GivesTheManifestsOutcome(string file)
    {
        var item = Pictures.Manifest("bad").Single(item => item.GetProperty("file").GetString() == file);
        var bytes = Fixtures.Bytes("bad", file);

        var exception = Record.Exception(() => Pictures.Run(bytes, PreprocessingDefinition.ImageNet));

        if (item.GetProperty("expect").GetString() == "ok")
        {
            Assert.Null(exception);
            var (width, height, rgb) = Pictures.Decode(bytes);
            Measures.AssertNear(item, width, height, rgb);
            return;
        }

        var expected =
            item.GetProperty("expect").GetString() == "image_too_large" ? ImageFault.TooLarge : ImageFault.Undecodable;
        Assert.Equal(expected, Assert.IsType<ImageException>(exception).Fault);
    }

    [Theory]
    [InlineData(DecoderLibrary.Libvips, "gif_part.gif")]
    [InlineData(DecoderLibrary.Libvips, "gif_part_local_transparent.gif")]
    [InlineData(DecoderLibrary.ImageSharp, "gif_part.gif")]
    public void Run_GifWithOneByteChanged_IsReadOrRefused(DecoderLibrary decoder, string file)
    {
        var whole = Fixtures.Bytes("field", file);
        var preprocessor = Pictures.Preprocessor(maxPixels: 100_000, decoder: decoder);
        var refused = 0;

        for (var at = 6; at < whole.Length; at++)
        {
            foreach (var value in new byte[] { 0, 1, 255 })
            {
                var damaged = whole.ToArray();
                damaged[at] = value;
                var exception = Record.Exception(() =>
                    Pictures.Run(damaged, PreprocessingDefinition.ImageNet, preprocessor)
                );
                Assert.True(exception is null or ImageException, $"Byte {at} as {value}: {exception}");
                refused += exception is null ? 0 : 1;
            }
        }

        Assert.True(refused > 0);
    }

    // libvips gives such a frame a pixel, which would lie beyond the canvas.
    [Theory]
    [InlineData(DecoderLibrary.Libvips)]
    [InlineData(DecoderLibrary.ImageSharp)]
    public void Run_GifWithAFrameOfNoPixelsAtTheEdge_IsRefused(DecoderLibrary decoder)
    {
        var gif = Fixtures.Bytes("field", "gif_part.gif");
        var frame = Array.IndexOf(gif, (byte)0x2C, 13);
        gif.AsSpan(6, 2).CopyTo(gif.AsSpan(frame + 1)); // begins where the canvas ends
        gif.AsSpan(frame + 5, 4).Clear();

        var exception = Record.Exception(() =>
            Pictures.Run(gif, PreprocessingDefinition.ImageNet, Pictures.Preprocessor(decoder: decoder))
        );

        Assert.Equal(ImageFault.Undecodable, Assert.IsType<ImageException>(exception).Fault);
    }

    [Fact]
    public void Run_TooManyPixels_SaysHowManyAndHowManyFit()
    {
        var exception = Assert.Throws<ImageException>(() =>
            Pictures.Run(Fixtures.Bytes("bad", "bomb.png"), PreprocessingDefinition.ImageNet)
        );

        Assert.Equal(
            "The picture is 20000x20000 pixels (400,000,000); at most 64,000,000 are allowed.",
            exception.Message
        );
    }

    [Fact]
    public void Run_TooManyBytes_SaysHowManyAndHowManyFit()
    {
        var exception = Assert.Throws<ImageException>(() =>
            Pictures.Run(
                Fixtures.Bytes("photos", "rocket.jpg"),
                PreprocessingDefinition.ImageNet,
                Pictures.Preprocessor(maxBytes: 1000)
            )
        );

        Assert.Equal(ImageFault.TooLarge, exception.Fault);
        Assert.Equal("The picture has 47,029 bytes; at most 1,000 are allowed.", exception.Message);
    }

    [Fact]
    public void Run_ResizedPictureTooLarge_IsRefused()
    {
        var strip = Fixtures.Bytes("photos", "strip.png");

        var taken = Record.Exception(() => Pictures.Run(strip, PreprocessingDefinition.ImageNet));
        var exception = Assert.Throws<ImageException>(() =>
            Pictures.Run(strip, PreprocessingDefinition.ImageNet, Pictures.Preprocessor(maxPixels: 13_000_000))
        );

        Assert.Null(taken);
        Assert.Equal(ImageFault.TooLarge, exception.Fault);
        Assert.Equal(
            "The resized picture is 51200x256 pixels (13,107,200); at most 13,000,000 are allowed.",
            exception.Message
        );
    }

    [Theory]
    [InlineData("photos/coffee_animated.gif")]
    [InlineData("photos/rocket.webp")]
    [InlineData("photos/chelsea_lzw.tiff")]
    [InlineData("photos/rocket_interlaced.png")]
    [InlineData("photos/chelsea_progressive.jpg")]
    [InlineData("photos/chelsea.jpg")]
    [InlineData("photos/coffee.bmp")]
    public void Run_CutShort_IsRefused(string file)
    {
        var whole = Fixtures.Bytes(file);

        foreach (var kept in new[] { 0.03, 0.1, 0.3 })
        {
            var exception = Assert.Throws<ImageException>(() =>
                Pictures.Run(whole.AsMemory(0, (int)(whole.Length * kept)), PreprocessingDefinition.ImageNet)
            );
            Assert.Equal(ImageFault.Undecodable, exception.Fault);
        }
    }

    // The crop leaves out the last rows, but a file that ends within them is refused all the same, as by Pillow.
    [Theory]
    [InlineData("photos/chelsea.jpg")]
    [InlineData("photos/chelsea.png")]
    [InlineData("photos/rocket_interlaced.png")]
    [InlineData("photos/chelsea_progressive.jpg")]
    [InlineData("photos/chelsea_lzw.tiff")]
    [InlineData("photos/rocket.webp")]
    [InlineData("photos/coffee_lossless.webp")]
    [InlineData("photos/coffee.bmp")]
    public void Run_LastBytesMissing_IsRefused(string file)
    {
        var whole = Fixtures.Bytes(file);

        Assert.Throws<ImageException>(() =>
            Pictures.Run(whole.AsMemory(0, (int)(whole.Length * 0.95)), PreprocessingDefinition.ImageNet)
        );
    }

    [Fact]
    public void Run_TiffWhoseLastStripIsOutsideTheFile_IsRefused()
    {
        var photo = Fixtures.Bytes("photos", "chelsea_lzw.tiff");
        var directory = BinaryPrimitives.ReadInt32LittleEndian(photo.AsSpan(4));
        var stripOffsets = Enumerable
            .Range(0, photo[directory])
            .Select(entry => directory + 2 + (12 * entry))
            .Single(entry => BinaryPrimitives.ReadUInt16LittleEndian(photo.AsSpan(entry)) == 273);
        var lastOffset = BinaryPrimitives.ReadInt32LittleEndian(photo.AsSpan(stripOffsets + 8)) + 4;
        BinaryPrimitives.WriteInt32LittleEndian(photo.AsSpan(lastOffset), photo.Length - 100);

        Assert.Throws<ImageException>(() => Pictures.Run(photo, PreprocessingDefinition.ImageNet));
    }

    [Fact]
    public void Run_ResizeThatHoldsTooManyRows_IsRefused()
    {
        var definition = PreprocessingDefinition.Unit(3, 1, 60_000);

        var exception = Assert.Throws<ImageException>(() =>
            Pictures.Run(Fixtures.Bytes("photos", "astronaut_12mp.jpg"), definition)
        );

        Assert.Equal(ImageFault.TooLarge, exception.Fault);
        Assert.Equal(
            "The resize holds 3000 rows of 60000 pixels (180,000,000); at most 64,000,000 are allowed.",
            exception.Message
        );
    }

    [Theory]
    [InlineData("%PDF-1.7\n", "a PDF document")]
    [InlineData("PK\u0003\u0004", "a ZIP archive")]
    [InlineData("\n  <!DOCTYPE HTML><html>", "an HTML page")]
    [InlineData("<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG document")]
    [InlineData("just words\r\n", "text")]
    [InlineData("P6 1 1 255\n", "a Netpbm picture")]
    [InlineData("\0\0\0\u0018ftypmp42\0\0\0\0isommp42", "a video")]
    [InlineData("\0\0\0\u0018ftypcrx \0\0\0\0crx isom", "a camera's raw file (CR3). Send its photo as JPEG")]
    [InlineData("\0\0\0\u0014ftypmif1\0\0\0\0mif1", "a HEIF picture. Send it as JPEG")]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0mif1heic", Heic)]
    [InlineData("\0\0\0\u0018ftypmif1\0\0\0\0mif1heic", Heic)]
    [InlineData("\u0001\u0002\u0003", "of an unknown format")]
    public void Run_AnotherFormat_IsRefusedByName(string text, string name)
    {
        var exception = Assert.Throws<ImageException>(() =>
            Pictures.Run(Encoding.Latin1.GetBytes(text), PreprocessingDefinition.ImageNet)
        );

        Assert.Equal(ImageFault.Undecodable, exception.Fault);
        Assert.Equal(
            $"The bytes are {name}; JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF are supported.",
            exception.Message
        );
    }
}
