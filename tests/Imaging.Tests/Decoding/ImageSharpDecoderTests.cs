using System.Text.Json;
using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Decoding;

/// <summary>With <c>ModelService:Imaging:Decoder=imagesharp</c>: within its documented tolerance of libvips.</summary>
public sealed class ImageSharpDecoderTests
{
    private static readonly Preprocessor ImageSharp = Pictures.Preprocessor(decoder: DecoderLibrary.ImageSharp);

    public static TheoryData<string> Photos { get; } =
    [.. Pictures.Manifest("photos").Select(Name).Where(name => !name.EndsWith(".tiff", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Photos))]
    public void Open_Photo_IsWithinTheToleranceOfLibvips(string file)
    {
        var photo = Fixtures.Bytes("photos", file);
        var expected = Pictures.Decode(photo);

        var found = Pictures.Decode(photo, preprocessor: ImageSharp);

        Assert.Equal((expected.Width, expected.Height), (found.Width, found.Height));
        var differences = expected.Rgb.Zip(found.Rgb, (a, b) => Math.Abs(a - b)).ToList();
        Assert.InRange(differences.Average(), 0, 1.3);
        var isSubsampled = file.EndsWith(".jpg", StringComparison.Ordinal) && file != "chelsea_444.jpg";
        Assert.InRange(differences.Max(), 0, isSubsampled ? 56 : 3);
    }

    [Theory]
    [InlineData("gif_part.gif")]
    [InlineData("gif_part_transparent.gif")]
    [InlineData("gif_beyond.gif")]
    public void Open_FirstFrameOnACanvas_IsThatOfLibvips(string file)
    {
        foreach (var alpha in Enum.GetValues<AlphaHandling>())
        {
            var definition = Pictures.AsStored with { Alpha = alpha };
            var gif = Fixtures.Bytes("field", file);

            Assert.Equal(Pictures.Decode(gif, definition).Rgb, Pictures.Decode(gif, definition, ImageSharp).Rgb);
        }
    }

    [Theory]
    [InlineData(
        "photos/chelsea_lzw.tiff",
        "TIFF pictures are not read by this server's decoder (ModelService:Imaging:Decoder=imagesharp)."
    )]
    [InlineData("bad/truncated.jpg", "The JPEG picture is damaged or cut short.")]
    [InlineData("bad/truncated.png", "The PNG picture is damaged or cut short.")]
    public void Open_PictureThatItCannotRead_IsRefused(string file, string message)
    {
        var exception = Assert.Throws<ImageException>(() =>
            Pictures.Decode(Fixtures.Bytes(file), preprocessor: ImageSharp)
        );

        Assert.Equal((ImageFault.Undecodable, message), (exception.Fault, exception.Message));
    }

    [Theory]
    [InlineData("bomb.png")]
    [InlineData("bomb_rgb.png")]
    [InlineData("huge_header.png")]
    public void Open_Bomb_IsTooLarge(string file) =>
        Assert.Equal(
            ImageFault.TooLarge,
            Assert
                .Throws<ImageException>(() => Pictures.Decode(Fixtures.Bytes("bad", file), preprocessor: ImageSharp))
                .Fault
        );

    [Theory]
    [InlineData("photos/rocket.webp")]
    [InlineData("photos/coffee_lossless.webp")]
    [InlineData("photos/chelsea.jpg")]
    [InlineData("photos/chelsea_progressive.jpg")]
    [InlineData("photos/chelsea.png")]
    [InlineData("photos/coffee.bmp")]
    [InlineData("photos/coffee_animated.gif")]
    [InlineData("field/bmp_rle8.bmp")]
    [InlineData("field/bmp_4.bmp")]
    public void Open_CutShort_IsRefused(string file)
    {
        var whole = Fixtures.Bytes(file);

        foreach (var kept in new[] { 0.03, 0.1, 0.3 })
        {
            Assert.Throws<ImageException>(() =>
                Pictures.Decode(whole.AsMemory(0, (int)(whole.Length * kept)), preprocessor: ImageSharp)
            );
        }
    }

    [Fact]
    public void Open_ColourProfileToConvert_IsRefusedByName()
    {
        var photo = Fixtures.Bytes("photos", "astronaut_icc.jpg");
        var srgb = Pictures.AsStored with { ColorProfile = ColorProfile.Srgb };

        var exception = Assert.Throws<ImageException>(() => Pictures.Decode(photo, srgb, ImageSharp));

        Assert.StartsWith("The picture has a colour profile", exception.Message, StringComparison.Ordinal);
        Assert.Equal(
            Pictures.Decode(Fixtures.Bytes("photos", "coffee_palette4.png"), srgb).Rgb,
            Pictures.Decode(Fixtures.Bytes("photos", "coffee_palette4.png"), srgb, ImageSharp).Rgb
        );
    }

    private static string Name(JsonElement item) => item.GetProperty("file").GetString()!;
}
