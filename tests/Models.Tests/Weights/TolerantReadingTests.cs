using ModelService.Models.Errors;
using ModelService.Models.Weights;
using static ModelService.Models.Tests.Weights.Pickles;

namespace ModelService.Models.Tests.Weights;

/// <summary>Oddities that PyTorch or the safetensors library read too.</summary>
public sealed class TolerantReadingTests
{
    [Theory]
    [InlineData("\n")]
    [InlineData("\0\0\0\0")]
    [InlineData("PK")]
    [InlineData("more text after the archive, longer than a record of 22 bytes")]
    public void Open_BytesAfterTheArchive_AreIgnored(string after)
    {
        var zip = Archives.Zip(("a/data.pkl", Whole(One)), ("a/data/0", BitConverter.GetBytes(1f)));

        Assert.Equal([1f], Read([.. zip, .. System.Text.Encoding.ASCII.GetBytes(after)]));
    }

    [Fact]
    public void Open_TooManyBytesAfterTheArchive_IsCutOff()
    {
        var zip = Archives.Zip(("a/data.pkl", Whole(One)), ("a/data/0", BitConverter.GetBytes(1f)));

        var error = Assert.ThrowsAny<ServingException>(() => Read([.. zip, .. new byte[70_000]]));

        Assert.Contains("cut off", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_BytesAfterALegacyFile_AreIgnored() =>
        Assert.Equal([1f], Read([.. Legacy(One, ("0", 1, BitConverter.GetBytes(1f))), 10, 0, 1]));

    [Fact]
    public void Open_LegacyStoragesOfOtherTypes_AreStoodOver()
    {
        var root = Dict(
            ("c", Pickles.Tensor(StorageOf("0", 2, "ComplexDoubleStorage"), [2], [1])),
            ("q", Pickles.Tensor(StorageOf("1", 3, "QInt32Storage"), [3], [1])),
            ("w", Pickles.Tensor(StorageOf("2", 1), [1], [1]))
        );

        Assert.Equal(
            [2f],
            Read(Legacy(root, ("0", 2, new byte[32]), ("1", 3, new byte[12]), ("2", 1, BitConverter.GetBytes(2f))))
        );
    }

    [Theory]
    [InlineData("\"__metadata__\":null,")]
    [InlineData("\"__metadata__\":{},")]
    [InlineData("")]
    public void Open_SafetensorsWithoutMetadata_IsRead(string metadata) =>
        Assert.Equal(
            [1f],
            Read(
                Archives.Safetensors(
                    "{" + metadata + Archives.Entry("w", "F32", "[1]", 0, 4) + "}",
                    BitConverter.GetBytes(1f)
                )
            )
        );

    [Theory]
    [InlineData("U16", 2)]
    [InlineData("U32", 4)]
    [InlineData("U64", 8)]
    [InlineData("C64", 8)]
    [InlineData("F8_E4M3", 1)]
    [InlineData("F8_E5M2", 1)]
    [InlineData("F4", 0.5)]
    public void Open_SafetensorsOfAnotherType_IsSkippedUnlessTheNetworkNeedsIt(string dtype, double bytes)
    {
        var end = 4 + (int)(bytes * 6);
        var header = $"{{{Archives.Entry("w", "F32", "[1]", 0, 4)},{Archives.Entry("x", dtype, "[2,3]", 4, end)}}}";
        var content = Archives.Safetensors(header, new byte[end]);

        using var file = WeightsFile.Open(MappedBytes.Borrow<byte>(content), WeightsLimits.Default);

        Assert.Equal(["w"], file.Tensors.Select(tensor => tensor.Name));
        var report = StateDictMatch.Compare([new("w", [1], false)], file.Tensors, skipped: file.Skipped);
        Assert.True(report.IsMatch);
        Assert.Equal([new SkippedEntry("x", $"a tensor of dtype {dtype}")], report.Skipped);
        var error = Assert.ThrowsAny<ServingException>(() =>
            StateDictMatch.Compare([new("x", [2, 3], false)], file.Tensors, skipped: file.Skipped)
        );
        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        Assert.Contains(dtype, error.Message, StringComparison.Ordinal);
    }

    private static byte[] One => Dict(("w", Pickles.Tensor(StorageOf("0", 1), [1], [1])));

    private static float[] Read(byte[] content)
    {
        using var file = WeightsFile.Open(MappedBytes.Borrow<byte>(content), WeightsLimits.Default);
        return WeightsFixtures.Floats(file.Tensors.Single(tensor => tensor.Name == "w"));
    }
}
