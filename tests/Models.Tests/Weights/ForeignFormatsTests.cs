using System.Text;
using ModelService.Models.Errors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>Files that are not weights, each by its name and with the way out.</summary>
public sealed class ForeignFormatsTests
{
    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 100\n", "git lfs pull")]
    [InlineData("{\"metadata\":{\"total_size\":1},\"weight_map\":{\"a\":\"b\"}}", "shards")]
    [InlineData("{\n  \"metadata\": {},\n  \"weight_map\": {}\n}", "shards")]
    [InlineData("{\"auto\":{\"weight_map\":1}}", "shards")]
    [InlineData("{\"architectures\": [\"ResNet\"]}", "JSON")]
    [InlineData("GGUF\u0003\0\0\0\u0001\0\0\0", "GGUF")]
    [InlineData("\u0089HDF\r\n\u001a\n\0\0\0\0\0\b\b\0", "Keras")]
    [InlineData("\u001c\0\0\0TFL3\0\0\0\0", "TensorFlow Lite")]
    [InlineData("\u0093NUMPY\u0001\0v\0{'descr'", "NumPy")]
    [InlineData("BZh91AY&SY", "bzip2")]
    [InlineData("%PDF-1.7\n%", "PDF")]
    [InlineData("<!DOCTYPE html><html>", "web page")]
    public void Open_OtherFormat_IsRefusedByName(string content, string expected) =>
        Assert.Contains(expected, Refusal(Encoding.Latin1.GetBytes(content)), StringComparison.Ordinal);

    [Theory]
    [InlineData("model.weights.h5", "Keras")]
    [InlineData("arr_0.npy", "NumPy")]
    [InlineData("weights/resnet50.pth", "the file inside")]
    [InlineData("model/archive_format", "torch.export")]
    [InlineData("word/document.xml", "without data.pkl")]
    public void Open_OtherZip_IsRefusedByName(string entry, string expected) =>
        Assert.Contains(expected, Refusal(Archives.Zip((entry, [1]))), StringComparison.Ordinal);

    [Fact]
    public void Open_SafetensorsThatIsCutOff_IsNotTakenForJson()
    {
        var header = "{" + Archives.Entry("w", "F32", "[1]", 0, 4) + new string(' ', 0x7b - 52) + "}";
        var file = Archives.Safetensors(header, []);
        file[0] = (byte)'{';

        Assert.DoesNotContain("JSON,", Refusal(file[..60]), StringComparison.Ordinal);
    }

    private static string Refusal(byte[] content)
    {
        var error = Assert.ThrowsAny<ServingException>(() =>
            WeightsFile.Open(MappedBytes.Borrow<byte>(content), WeightsLimits.Default).Dispose()
        );
        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        return error.Message;
    }
}
