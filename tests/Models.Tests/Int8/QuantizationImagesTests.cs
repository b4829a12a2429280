using ModelService.Models.Int8;
using ModelService.Models.Tensors;

namespace ModelService.Models.Tests.Int8;

/// <summary>The images of a quantization in the background are read as they were sent.</summary>
public sealed class QuantizationImagesTests
{
    [Fact]
    public async Task Read_PicturesAndTensors_AreThoseThatWereWritten()
    {
        float[] numbers = [0.1f, -1e-30f, float.MaxValue, float.Epsilon, float.NaN, float.NegativeInfinity];
        byte[] picture = [0, 255, 128];
        var folder = Directory.CreateTempSubdirectory("images-");
        try
        {
            var path = Path.Combine(folder.FullName, "images.json");
            PredictionInput[] images = [new EncodedImage(picture), new RawTensor([1, 2, 3], numbers)];

            QuantizationImages.Write(path, images);
            var read = await QuantizationImages.ReadAsync(path, TestContext.Current.CancellationToken);

            Assert.Equal(2, read.Count);
            Assert.Equal(picture, Assert.IsType<EncodedImage>(read[0]).Encoded.ToArray());
            var tensor = Assert.IsType<RawTensor>(read[1]);
            Assert.Equal([1, 2, 3], tensor.Shape);
            Assert.Equal(
                numbers.Select(BitConverter.SingleToInt32Bits),
                tensor.Data.ToArray().Select(BitConverter.SingleToInt32Bits)
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
