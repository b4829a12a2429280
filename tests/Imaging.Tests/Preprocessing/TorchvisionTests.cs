using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Preprocessing;

/// <summary>The results against those of torchvision 0.14.1 on Pillow 9.4, in Fixtures/preprocess.</summary>
public sealed class TorchvisionTests
{
    public static TheoryData<string, string> Cases { get; } =
        new(
            Pictures
                .Manifest("preprocess", "cases")
                .Select(item => (item.GetProperty("file").GetString()!, item.GetProperty("tensor").GetString()!))
        );

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_PngPhoto_GivesTorchvisionsTensorToTheLastBit(string file, string tensor)
    {
        var item = Pictures
            .Manifest("preprocess", "cases")
            .Single(item =>
                item.GetProperty("file").GetString() == file && item.GetProperty("tensor").GetString() == tensor
            );
        var expected = SafetensorsFile.Read(Fixtures.Path("preprocess", file));

        var actual = Pictures.Run(
            Fixtures.Bytes(item.GetProperty("photo").GetString()!),
            Pictures.Definition(item.GetProperty("preprocessing"))
        );

        Assert.Equal(expected.Floats(tensor), actual);
    }

    [Theory]
    [InlineData("imagenet_astronaut.safetensors", "astronaut.jpg")]
    [InlineData("imagenet_chelsea.safetensors", "chelsea_444.jpg")]
    [InlineData("imagenet_rocket.safetensors", "rocket.webp")]
    public void Run_LossyPhoto_StaysNearThePngsTensor(string file, string photo)
    {
        var expected = SafetensorsFile.Read(Fixtures.Path("preprocess", file));

        var actual = Pictures.Run(Fixtures.Bytes("photos", photo), PreprocessingDefinition.ImageNet);

        // The mean difference is the compression's own loss; a shift or a wrong channel would be more. 0.05 is about
        // 3/255 of the pixel range.
        Assert.InRange(
            actual.Zip(expected.Floats(expected.Names.Single()), (a, b) => Math.Abs(a - b)).Average(),
            0,
            0.05
        );
    }
}
