using System.Text.Json;
using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Decoding;

/// <summary>
/// Small pictures of kinds that people bring (Fixtures/field), pixel by pixel against the numbers that Pillow's
/// <c>convert("RGB")</c> and libtiff's RGBA reading give.
/// </summary>
public sealed class FieldPhotoTests
{
    private static readonly List<JsonElement> All = [.. Fixtures.Json("field", "pictures.json").EnumerateArray()];

    public static TheoryData<string> Taken { get; } = [.. All.Where(item => !IsRefused(item)).Select(Name)];

    public static TheoryData<string> Refused { get; } = [.. All.Where(IsRefused).Select(Name)];

    [Theory]
    [MemberData(nameof(Taken))]
    public void Open_Picture_GivesPillowsPixels(string file)
    {
        var expected = All.Single(item => Name(item) == file);

        // A TIFF's own orientation is no matter of EXIF.
        var found = Pictures.Decode(
            Fixtures.Bytes("field", file),
            Pictures.AsStored with
            {
                ExifOrientation = !file.Contains("turned", StringComparison.Ordinal),
            }
        );

        AssertNear(expected, "rgb", file, found);
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public void Open_PictureOnWhite_GivesPillowsPixels(string file)
    {
        var expected = All.Single(item => Name(item) == file);

        var found = Pictures.Decode(
            Fixtures.Bytes("field", file),
            Pictures.AsStored with
            {
                Alpha = AlphaHandling.White,
            }
        );

        AssertNear(expected, "on_white", file, found);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Open_KindThatIsNotRead_IsRefusedByName(string file)
    {
        var exception = Assert.Throws<ImageException>(() => Pictures.Decode(Fixtures.Bytes("field", file)));

        Assert.Equal(ImageFault.Undecodable, exception.Fault);
        Assert.Contains(
            file switch
            {
                "B4_lab.tif" or "lab_lzw.tif" =>
                    "has colours of type CIE Lab (LAB); gray, palette, RGB, YCbCr and CMYK",
                "icclab.tif" => "has colours of type ICC Lab (ICCLAB)",
                "inks.tif" => "is separated into inks other than CMYK",
                "ycbcr_16.tif" => "has YCbCr samples of 16 bits",
                "ycbcr_planar_tiles.tif" => "has separate planes in tiles",
                "ycbcr_420_planar.tif" => "has subsampled YCbCr in separate planes",
                "gray_alpha_planar.tif" => "has gray or a palette and alpha in separate planes",
                "zstd.tif" => "is compressed with Zstandard (ZSTD); LZW, Deflate",
                "lzma.tif" => "is compressed with LZMA",
                "webp.tif" => "is compressed with WebP",
                "rgb_4_bits.tif" => "has 3 samples of 4 bits; 8 and 16",
                "ccitt_words.tif" => "is compressed with CCITT by words",
                "gray_alpha_4_bits.tif" => "has 2 samples of 4 bits; 8 and 16",
                "palette_16_bits.tif" => "has a palette and 1 samples of 16 bits",
                "gray_12_bits.tif" => "has samples of 12 bits; 1, 2, 4, 8 and 16",
                "rgb_565.tif" => "has samples of 5, 6, 5 bits",
                _ => throw new ArgumentOutOfRangeException(nameof(file), file, "No text is expected."),
            },
            exception.Message,
            StringComparison.Ordinal
        );
    }

    private static void AssertNear(
        JsonElement expected,
        string name,
        string file,
        (int Width, int Height, byte[] Rgb) found
    )
    {
        Assert.Equal(
            (expected.GetProperty("size")[0].GetInt32(), expected.GetProperty("size")[1].GetInt32()),
            (found.Width, found.Height)
        );
        var pixels = Convert.FromHexString(expected.GetProperty(name).GetString()!);
        var largest = pixels.Zip(found.Rgb, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(
            largest <= Tolerance(file),
            $"{largest}: {Convert.ToHexString(pixels)} became {Convert.ToHexString(found.Rgb)}"
        );
    }

    // YCbCr is rounded in another order. JPEG decoders may differ by a level, and so may 5 bits that become 8.
    private static int Tolerance(string file) =>
        file.StartsWith("ycbcr", StringComparison.Ordinal) ? 3
        : file.EndsWith(".jpg", StringComparison.Ordinal) ? 2
        : file is "B1_ycbcr444_lzw.tif" ? 3
        : file is "bmp_555.bmp" or "bmp_565.bmp" or "rgba_associated_16.tif" ? 2
        : 0;

    private static bool IsRefused(JsonElement item) => item.TryGetProperty("refused", out _);

    private static string Name(JsonElement item) => item.GetProperty("file").GetString()!;
}
