using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Preprocessing;

/// <summary>The limit on the pixels of all pictures of a request.</summary>
public sealed class RequestPixelsTests
{
    [Fact]
    public void CheckTogether_EveryFormat_CountsThePixelsOfTheHeader()
    {
        foreach (var item in Pictures.Manifest("photos").Where(item => item.GetProperty("expect").GetString() == "ok"))
        {
            var photo = Fixtures.Bytes("photos", item.GetProperty("file").GetString()!);
            var pixels = item.GetProperty("width").GetInt64() * item.GetProperty("height").GetInt64();

            Pictures.Preprocessor(maxRequestPixels: 2 * pixels).CheckTogether([photo, photo]);
            var refused = Assert.Throws<ImageException>(() =>
                Pictures.Preprocessor(maxRequestPixels: (2 * pixels) - 1).CheckTogether([photo, photo])
            );

            Assert.Equal(ImageFault.TooLarge, refused.Fault);
        }
    }

    [Theory]
    [InlineData("huge_header.png")]
    [InlineData("bomb.png")]
    [InlineData("text.jpg")]
    [InlineData("empty.png")]
    [InlineData("truncated_header.jpg")]
    public void CheckTogether_PictureThatIsRefusedByItself_CountsForNothing(string file) =>
        Pictures.Preprocessor(maxRequestPixels: 1).CheckTogether([Fixtures.Bytes("bad", file)]);

    [Fact]
    public void MayExceed_AsManyPicturesAsTheLimitHolds_NeedNoCheck()
    {
        var preprocessor = Pictures.Preprocessor(
            maxPixels: 10,
            maxRequestPixels: 150 /* a JPEG may have 40 */
        );

        Assert.False(preprocessor.MayExceed(3));
        Assert.True(preprocessor.MayExceed(4));
    }
}
