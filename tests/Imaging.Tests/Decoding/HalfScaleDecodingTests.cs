using Microsoft.Extensions.Options;
using ModelService.Imaging.Preprocessing;
using SkiaSharp;

namespace ModelService.Imaging.Tests.Decoding;

/// <summary>
/// Large JPEGs that are decoded at half their size give the tensor that they give decoded whole (docs/decisions/0013).
/// </summary>
public sealed class HalfScaleDecodingTests
{
    [Theory]
    [InlineData(256)]
    [InlineData(375)]
    public void Run_LargePhoto_IsWithinTwoLevelsOfTheWhole(int side)
    {
        var (largest, mean) = Differences(Fixtures.Bytes("photos", "astronaut_12mp.jpg"), Definition(side));
        Assert.InRange(largest, 1, 2);
        Assert.InRange(mean, 0, 0.5);
    }

    [Fact]
    public void Run_SharpestPhoto_IsWithinFourLevelsOfTheWhole()
    {
        // A photo beside itself, as sharp as its first size made it.
        using var photo = SKImage.FromEncodedData(Fixtures.Bytes("photos", "coffee.jpg"));
        using var large = new SKBitmap(2400, 2000);
        using (var canvas = new SKCanvas(large))
        {
            for (var tile = 0; tile < 20; tile++)
                canvas.DrawImage(photo, tile % 4 * 600, tile / 4 * 400, SKSamplingOptions.Default);
        }

        using var encoded = large.Encode(SKEncodedImageFormat.Jpeg, 90);
        var (largest, mean) = Differences(encoded.ToArray(), Definition(250));
        Assert.InRange(largest, 1, 4);
        Assert.InRange(mean, 0, 0.5);
    }

    [Theory]
    [InlineData("astronaut_12mp.jpg", 376, Interpolation.Bilinear)] // fewer than eight pixels become one
    [InlineData("astronaut_12mp.jpg", 256, Interpolation.Bicubic)]
    [InlineData("coffee.jpg", 32, Interpolation.Bilinear)]
    public void Run_Another_IsDecodedWhole(string photo, int side, Interpolation interpolation) =>
        Assert.Equal(
            (0, 0),
            Differences(Fixtures.Bytes("photos", photo), Definition(side) with { Interpolation = interpolation })
        );

    private static PreprocessingDefinition Definition(int side) =>
        PreprocessingDefinition.Raw(3, side, side) with
        {
            Resize = new ResizeDefinition { ShorterSide = side },
            CenterCrop = new CropDefinition { Height = side, Width = side },
        };

    private static (float Largest, float Mean) Differences(byte[] photo, PreprocessingDefinition definition)
    {
        float[] Run(bool half)
        {
            var pixels = new float[3 * definition.CenterCrop!.Height * definition.CenterCrop.Width];
            new Preprocessor(Options.Create(new ImagingOptions { DecodeHalf = half })).Run(photo, definition, pixels);
            return pixels;
        }

        var differences = Run(half: true).Zip(Run(half: false), (left, right) => Math.Abs(left - right)).ToList();
        return (differences.Max(), differences.Average());
    }
}
