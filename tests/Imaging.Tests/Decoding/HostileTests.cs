using CsCheck;
using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;
using NetVips;

namespace ModelService.Imaging.Tests.Decoding;

/// <summary>Damaged files and memory. Alone in its collection, since it measures the whole process.</summary>
[Collection(nameof(HostileTests))]
[CollectionDefinition(nameof(HostileTests), DisableParallelization = true)]
[Measured]
public sealed class HostileTests(ITestOutputHelper output)
{
    private const long Megabyte = 1 << 20;

    private static readonly string[] Files =
    [
        "chelsea_progressive.jpg",
        "exif_6.jpg",
        "coffee_cmyk.jpg",
        "astronaut_icc.jpg",
        "chelsea_portrait_small.png",
        "coffee_palette4.png",
        "rocket_interlaced.png",
        "clock_gray16.png",
        "coffee_animated.gif",
        "coffee_lossless.webp",
        "rocket.webp",
        "coffee.bmp",
        "chelsea_lzw.tiff",
    ];

    private static readonly string[] FieldFiles =
    [
        "ycbcr_lzw_planar.tif",
        "ycbcr_420_turned_6.tif",
        "ycbcr_none_tiles.tif",
        "rgba_associated_16.tif",
        "palette.tif",
        "gif_part_local_transparent.gif",
        "cmyk_no_adobe.jpg",
        "bmp_rle8.bmp",
        "bmp_32_alpha.bmp",
    ];

    [Fact]
    public void Run_MutatedFiles_GiveAResultOrARefusal()
    {
        using var image = Image.NewFromBuffer(Fixtures.Bytes("photos", "chelsea_portrait_small.png"));
        byte[][] photos =
        [
            .. Files.Select(file => Fixtures.Bytes("photos", file)),
            .. FieldFiles.Select(file => Fixtures.Bytes("field", file)),
            image.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1),
            image.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1, bitdepth: 10, lossless: true),
        ];
        var preprocessor = Pictures.Preprocessor(maxPixels: 1_000_000);
        var definition = PreprocessingDefinition.Unit(3, 24, 24) with
        {
            ColorProfile = ColorProfile.Srgb,
            Alpha = AlphaHandling.White,
        };
        var before = Environment.WorkingSet;
        var (taken, refused) = (0, 0);

        // Half of the flips hit the first bytes, where the headers are.
        var position = Gen.Frequency((1, Gen.Double[0, 0.05]), (1, Gen.Double[0, 1]));
        var flips = Gen.Select(position, Gen.Int[0, 7]).Array[0, 4];
        var length = Gen.Frequency((4, Gen.Const(1.0)), (1, Gen.Double[0, 1]));
        Gen.Select(Gen.Int[0, photos.Length - 1], flips, length)
            .ForEach(
                3_000,
                drawn =>
                {
                    var (file, changes, part) = drawn;
                    var mutant = photos[file][..(int)(photos[file].Length * part)];
                    foreach (var (place, bit) in mutant.Length == 0 ? [] : changes)
                        mutant[(int)(place * (mutant.Length - 1))] ^= (byte)(1 << bit);
                    try
                    {
                        Pictures.Run(mutant, definition, preprocessor);
                        Interlocked.Increment(ref taken);
                    }
                    catch (ImageException)
                    {
                        Interlocked.Increment(ref refused);
                    }
                }
            );

        output.WriteLine(
            $"{taken} taken, {refused} refused; memory {before / Megabyte} MB before, "
                + $"{Environment.WorkingSet / Megabyte} MB after."
        );
        Assert.True(taken > 100 && refused > 100, $"{taken} taken, {refused} refused");
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 200 * Megabyte);
    }

    [Fact]
    public void Run_ManyPictures_LeaveNoMemoryBehind()
    {
        var good = Files.Select(file => Fixtures.Bytes("photos", file));
        var bad = Pictures.Manifest("bad").Select(item => Fixtures.Bytes("bad", item.GetProperty("file").GetString()!));
        byte[][] photos = [.. good, .. bad, Fixtures.Bytes("photos", "rocket.jpg")];
        var preprocessor = Pictures.Preprocessor();
        var floats = new float[3 * 224 * 224];
        void Decode(int times)
        {
            for (var i = 0; i < times; i++)
            {
                try
                {
                    preprocessor.Run(photos[i % photos.Length], PreprocessingDefinition.ImageNet, floats);
                }
                catch (ImageException) { }
            }
        }

        Decode(500);
        var (resident, allocations, bytes) = (Environment.WorkingSet, Stats.Allocations, Stats.Mem);
        Decode(2_000);

        // A strip of rows left behind by each picture would be 100 MB; an image handle would show in libvips' own
        // count.
        output.WriteLine($"{resident / Megabyte} MB before, {Environment.WorkingSet / Megabyte} MB after.");
        // Not one more than before. Fewer when libvips has meanwhile ended a thread of an earlier test, which had
        // buffers of its own.
        Assert.InRange(Stats.Allocations, 0, allocations);
        Assert.InRange((long)Stats.Mem, 0, (long)bytes);
        Assert.InRange(Environment.WorkingSet - resident, long.MinValue, 24 * Megabyte);
    }

    [Theory]
    [InlineData("bomb.png")]
    [InlineData("bomb_rgb.png")]
    [InlineData("huge_header.png")]
    public void Run_Bomb_IsRefusedWithoutUnpackingIt(string file)
    {
        var bomb = Fixtures.Bytes("bad", file);
        Assert.Throws<ImageException>(() => Pictures.Run(bomb, PreprocessingDefinition.ImageNet));
        var (resident, highest) = (Environment.WorkingSet, Stats.MemHighwater);

        for (var i = 0; i < 20; i++)
            Assert.Throws<ImageException>(() => Pictures.Run(bomb, PreprocessingDefinition.ImageNet));

        Assert.InRange(Environment.WorkingSet - resident, long.MinValue, 16 * Megabyte);
        Assert.Equal(highest, Stats.MemHighwater);
    }
}
