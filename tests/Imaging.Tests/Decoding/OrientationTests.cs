using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Decoding;

/// <summary>The eight orientations against what EXIF 2.3 says of the tag: where row 0 and column 0 are seen.</summary>
public sealed class OrientationTests
{
    private const int StoredWidth = 37;
    private const int StoredHeight = 19;

    [Theory]
    [InlineData(1, "top", "left")]
    [InlineData(2, "top", "right")]
    [InlineData(3, "bottom", "right")]
    [InlineData(4, "bottom", "left")]
    [InlineData(5, "left", "top")]
    [InlineData(6, "right", "top")]
    [InlineData(7, "right", "bottom")]
    [InlineData(8, "left", "bottom")]
    public void Run_Orientation_PutsRowAndColumnZeroWhereTheyBelong(int orientation, string rowZero, string columnZero)
    {
        var random = TestSeed.Generator(orientation);
        var stored = new byte[3 * StoredWidth * StoredHeight];
        random.NextBytes(stored);
        var lying = rowZero is "left" or "right";
        var (width, height) = lying ? (StoredHeight, StoredWidth) : (StoredWidth, StoredHeight);

        var upright = new FakeDecoder(StoredWidth, StoredHeight, stored, orientation).Run(
            PreprocessingDefinition.Raw(3, height, width),
            height,
            width
        );

        for (var row = 0; row < StoredHeight; row++)
        {
            for (var column = 0; column < StoredWidth; column++)
            {
                var fromRowSide = rowZero is "top" or "left" ? row : StoredHeight - 1 - row;
                var fromColumnSide = columnZero is "top" or "left" ? column : StoredWidth - 1 - column;
                var (x, y) = lying ? (fromRowSide, fromColumnSide) : (fromColumnSide, fromRowSide);
                for (var channel = 0; channel < 3; channel++)
                {
                    Assert.Equal(
                        stored[(((row * StoredWidth) + column) * 3) + channel],
                        upright[(((channel * height) + y) * width) + x]
                    );
                }
            }
        }
    }
}
