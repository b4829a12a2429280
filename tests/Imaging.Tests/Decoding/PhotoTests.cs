using System.Text.Json;
using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Decoding;

/// <summary>Every picture of Fixtures/photos against its manifest, which has Pillow's numbers.</summary>
public sealed class PhotoTests
{
    public static TheoryData<string> Files { get; } = [.. Pictures.Manifest("photos").Select(Name)];

    public static TheoryData<string> Turned { get; } =
    [.. Pictures.Manifest("photos").Select(Name).Where(name => name.StartsWith("exif_", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_Photo_GivesSizeAndColoursOfTheManifest(string file)
    {
        var expected = Pictures.Manifest("photos").Single(item => Name(item) == file);

        var (width, height, rgb) = Pictures.Decode(Fixtures.Bytes("photos", file));

        Assert.Equal(
            (expected.GetProperty("width").GetInt32(), expected.GetProperty("height").GetInt32()),
            (width, height)
        );
        Measures.AssertNear(expected, width, height, rgb);
    }

    [Theory]
    [InlineData(AlphaHandling.White, "mean_if_white")]
    [InlineData(AlphaHandling.Black, "mean_if_black")]
    public void Open_TransparentPhoto_IsLaidOnTheColour(AlphaHandling alpha, string name)
    {
        var expected = Pictures.Manifest("photos").Single(item => Name(item) == "astronaut_rgba.png");

        var (width, height, rgb) = Pictures.Decode(
            Fixtures.Bytes("photos", "astronaut_rgba.png"),
            Pictures.AsStored with
            {
                Alpha = alpha,
            }
        );

        var mean = Measures.Mean(rgb, width, 0, width, 0, height);
        Assert.All(
            Pictures.Numbers(expected, name)!.Zip(mean),
            pair => Assert.InRange(pair.Second, pair.First - 0.1, pair.First + 0.1)
        );
    }

    [Theory]
    [MemberData(nameof(Turned))]
    public void Open_TurnedPhoto_IsTheUprightOne(string file)
    {
        var (width, height, upright) = Pictures.Decode(Fixtures.Bytes("photos", "exif_1.jpg"));

        var turned = Pictures.Decode(Fixtures.Bytes("photos", file));

        // Compressed in another direction, so not equal pixel by pixel; a wrong turn differs by tens on average.
        Assert.Equal((width, height), (turned.Width, turned.Height));
        Assert.InRange(upright.Zip(turned.Rgb, (a, b) => Math.Abs(a - b)).Average(), 0, 2);
    }

    [Fact]
    public void Open_OrientationNotHeeded_LeavesThePhotoAsStored()
    {
        var (width, height, _) = Pictures.Decode(
            Fixtures.Bytes("photos", "exif_6.jpg"),
            Pictures.AsStored with
            {
                ExifOrientation = false,
            }
        );

        Assert.Equal((104, 160), (width, height));
    }

    [Fact]
    public void Open_ColourProfile_IsConvertedToSrgbWhenAsked()
    {
        var photo = Fixtures.Bytes("photos", "astronaut_icc.jpg");

        var (width, height, stored) = Pictures.Decode(photo);
        var converted = Pictures.Decode(photo, Pictures.AsStored with { ColorProfile = ColorProfile.Srgb }).Rgb;

        // The profile exchanges the red and green primaries: what is stored as red is shown as green.
        var (before, after) = (
            Measures.Mean(stored, width, 0, width, 0, height),
            Measures.Mean(converted, width, 0, width, 0, height)
        );
        Assert.True(
            before[0] > before[1] + 20 && after[1] > after[0] + 20,
            $"{string.Join(", ", before)} became {string.Join(", ", after)}"
        );
    }

    [Theory]
    [InlineData("astronaut.jpg")]
    [InlineData("coffee_cmyk.jpg")]
    [InlineData("clock_gray16.png")]
    [InlineData("astronaut_rgba.png")]
    public void Open_NoColourProfile_IsTheSameEitherWay(string file)
    {
        var photo = Fixtures.Bytes("photos", file);

        Assert.Equal(
            Pictures.Decode(photo).Rgb,
            Pictures.Decode(photo, Pictures.AsStored with { ColorProfile = ColorProfile.Srgb }).Rgb
        );
    }

    [Fact]
    public void Open_PartOfALargerArray_IsReadAsThePartAlone()
    {
        var photo = Fixtures.Bytes("photos", "coffee_lossless.webp");
        byte[] larger = [1, 2, 3, .. photo, 4, 5];

        Assert.Equal(Pictures.Decode(photo).Rgb, Pictures.Decode(larger.AsMemory(3, photo.Length)).Rgb);
    }

    private static string Name(JsonElement item) => item.GetProperty("file").GetString()!;
}
