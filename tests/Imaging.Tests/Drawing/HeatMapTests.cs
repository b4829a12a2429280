using ModelService.Imaging.Drawing;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Tests.Drawing;

/// <summary>Heat maps as pictures.</summary>
public sealed class HeatMapTests
{
    [Theory]
    [InlineData(28, 28, 224, 224)]
    [InlineData(100, 300, 300, 900)]
    [InlineData(500, 400, 500, 400)]
    [InlineData(1, 1000, 4, 4000)]
    [InlineData(1, 20_000, 1, 20_000)]
    [InlineData(20_000, 1, 20_000, 1)]
    public void Draw_SmallPicture_IsEnlargedWhileItIsNotTooLong(int height, int width, int rows, int columns)
    {
        var map = new HeatMap([0, 1, 2, 3], 2, 2);
        var picture = new Bitmap(width, height, 1, new byte[height * width]);

        Assert.Equal((columns, rows), SizeOf(map.Draw(height, width, withLegend: false)));
        Assert.Equal((columns, rows), SizeOf(map.DrawOver(picture, PictureFrame.Whole, withLegend: false)));
    }

    [Theory]
    [InlineData(224, 72)]
    [InlineData(1500, 468)]
    [InlineData(6000, 1908)]
    [InlineData(20_000, 1944)]
    public void Draw_Legend_GrowsWithThePictureUpToALimit(int height, int legend)
    {
        var map = new HeatMap([0, 1, 2, 3], 2, 2);

        Assert.Equal((224 + legend, height), SizeOf(map.Draw(height, 224, withLegend: true)));
    }

    private static (int Width, int Height) SizeOf(byte[] png)
    {
        using var picture = NetVips.Image.NewFromBuffer(png);
        return (picture.Width, picture.Height);
    }
}
