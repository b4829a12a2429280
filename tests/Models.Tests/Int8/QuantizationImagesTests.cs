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
            var images = CalibrationImages.From([new EncodedImage(picture), new RawTensor([1, 2, 3], numbers)]);

            await QuantizationImages.WriteAsync(path, images, TestContext.Current.CancellationToken);
            var read = await QuantizationImages
                .Open(path, images.Count)
                .Inputs.ToListAsync(TestContext.Current.CancellationToken);

            Assert.Equal(2, read.Count);
            Assert.InRange(new FileInfo(path).Length, 1, QuantizationImages.Measure(images) + 256);
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
