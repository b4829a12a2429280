using CsCheck;
using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Resampling;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Resampling;

/// <summary>What holds for any picture, any size and any crop.</summary>
public sealed class ResizeTests
{
    private static readonly Gen<int> Side = Gen.Int[1, 70];
    private static readonly Gen<Interpolation> Filter = Gen.Enum<Interpolation>();
    private static readonly Gen<ColorChannels> Channels = Gen.Enum<ColorChannels>();

    [Fact]
    public void Run_ConstantPicture_StaysConstant() =>
        Gen.Select(Side, Side, Gen.Select(Side, Side, Filter), Gen.Byte)
            .Hold(drawn =>
            {
                var (width, height, target, value) = drawn;
                var (toWidth, toHeight, filter) = target;
                var pixels = new byte[3 * width * height];
                Array.Fill(pixels, value);

                var floats = new FakeDecoder(width, height, pixels).Run(
                    PreprocessingDefinition.Raw(3, toHeight, toWidth) with
                    {
                        Interpolation = filter,
                    },
                    toHeight,
                    toWidth
                );

                return floats.All(found => found == value);
            });

    [Fact]
    public void Run_Crop_IsTheWindowOfTheWholeResize() =>
        Gen.Select(Noise, Gen.Select(Side, Side), Gen.Select(Side, Side), Gen.Select(Filter, Channels))
            .Hold(drawn =>
            {
                var (picture, resized, crop, how) = drawn;
                var (toHeight, toWidth) = resized;
                var (cropHeight, cropWidth) = crop;
                var whole = PreprocessingDefinition.Raw(3, toHeight, toWidth) with
                {
                    Interpolation = how.Item1,
                    Channels = how.Item2,
                };
                var cropped = whole with
                {
                    CenterCrop = new CropDefinition { Height = cropHeight, Width = cropWidth },
                };

                var full = picture.Run(whole, toHeight, toWidth);
                var part = picture.Run(cropped, cropHeight, cropWidth);

                var (down, across) = (Offset(toHeight, cropHeight), Offset(toWidth, cropWidth));
                return Enumerable
                    .Range(0, part.Length)
                    .All(i =>
                    {
                        var (channel, y, x) = (
                            i / cropWidth / cropHeight,
                            (i / cropWidth % cropHeight) + down,
                            (i % cropWidth) + across
                        );
                        var inside = y >= 0 && y < toHeight && x >= 0 && x < toWidth;
                        return part[i] == (inside ? full[(((channel * toHeight) + y) * toWidth) + x] : 0);
                    });
            });

    [Fact]
    public void Run_ToTheSameSize_ChangesNothing() =>
        Gen.Select(Side, Side, Filter)
            .SelectMany(
                (width, height, filter) =>
                    Gen.Byte.Array[3 * width * height].Select(pixels => (width, height, filter, pixels))
            )
            .Hold(drawn =>
            {
                var (width, height, filter, pixels) = drawn;
                var floats = new FakeDecoder(width, height, pixels).Run(
                    PreprocessingDefinition.Raw(3, height, width) with
                    {
                        Interpolation = filter,
                    },
                    height,
                    width
                );

                return Enumerable
                    .Range(0, floats.Length)
                    .All(i => floats[i] == pixels[(i % (width * height) * 3) + (i / (width * height))]);
            });

    [Fact]
    public void Run_GrayPicture_IsTheSameInOneChannelAsInThree() =>
        Gen.Select(Side, Side, Filter)
            .SelectMany(
                (width, height, filter) =>
                    Gen.Byte.Array[width * height].Select(pixels => (width, height, filter, pixels))
            )
            .Hold(drawn =>
            {
                var (width, height, filter, pixels) = drawn;
                var decoder = new FakeDecoder(
                    width,
                    height,
                    [.. pixels.SelectMany(value => new[] { value, value, value })]
                );

                var gray = decoder.Run(PreprocessingDefinition.Raw(1, 20, 30) with { Interpolation = filter }, 20, 30);
                var rgb = decoder.Run(PreprocessingDefinition.Raw(3, 20, 30) with { Interpolation = filter }, 20, 30);

                return rgb.SequenceEqual([.. gray, .. gray, .. gray]);
            });

    [Theory]
    [InlineData(640, 427, 383, 256)]
    [InlineData(451, 300, 384, 256)]
    [InlineData(90, 150, 256, 426)]
    [InlineData(600, 3, 51200, 256)]
    [InlineData(1, 1, 256, 256)]
    public void Create_ShorterSide_KeepsTheProportionsRoundedDown(
        int width,
        int height,
        int expectedWidth,
        int expectedHeight
    )
    {
        var geometry = Geometry.Create(PreprocessingDefinition.ImageNet, width, height, 50_000_000);

        Assert.Equal((expectedWidth, expectedHeight), (geometry.Across.Resized, geometry.Down.Resized));
    }

    [Theory]
    [InlineData(24, 21, 2)] // 1.5 to even
    [InlineData(24, 19, 2)] // 2.5 to even
    [InlineData(24, 18, 3)]
    [InlineData(24, 24, 0)]
    public void Create_Crop_StartsAtHalfTheDifferenceToEven(int resized, int crop, int start) =>
        Assert.Equal(new Axis(100, resized, start, crop, 0, crop), Axis.Create(100, resized, crop));

    [Theory]
    [InlineData(10, 15, 2)]
    [InlineData(10, 14, 2)]
    public void Create_CropLargerThanThePicture_PadsTheOddPixelBehind(int resized, int crop, int padding) =>
        Assert.Equal(new Axis(100, resized, 0, resized, padding, crop), Axis.Create(100, resized, crop));

    [Fact]
    public void Create_SideBeyondAnyFormat_IsRefused()
    {
        var exception = Assert.Throws<ImageException>(() =>
            Geometry.Create(PreprocessingDefinition.ImageNet, 60_000, 1, 50_000_000)
        );

        Assert.Equal(
            "The resized picture is 15360000x256 pixels; at most 65,535 per side are allowed.",
            exception.Message
        );
    }

    private static Gen<FakeDecoder> Noise =>
        Gen.Select(Side, Side)
            .SelectMany(
                (width, height) =>
                    Gen.Byte.Array[3 * width * height].Select(pixels => new FakeDecoder(width, height, pixels))
            );

    // Where the crop starts in the resized picture; negative where it is padded. torchvision's rule, implemented a
    // second time.
    private static int Offset(int resized, int crop) =>
        crop > resized ? -((crop - resized) / 2) : (int)Math.Round((resized - crop) / 2m, MidpointRounding.ToEven);
}
