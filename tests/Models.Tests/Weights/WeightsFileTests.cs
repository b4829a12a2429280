using System.IO.Compression;
using ModelService.Models.Errors;
using ModelService.Models.Weights;
using static ModelService.Models.Tests.Weights.Pickles;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Weights;

public sealed class WeightsFileTests
{
    [Fact]
    public void Open_SafetensorsWithMetadataAndEmptyTensors_IsRead()
    {
        var header =
            """{"__metadata__":{"format":"pt"},"""
            + Archives.Entry("b", "F32", "[]", 0, 4)
            + ","
            + Archives.Entry("a", "I64", "[0,3]", 0, 0)
            + "}   ";
        using var file = new TemporaryFile(Archives.Safetensors(header, BitConverter.GetBytes(2f)));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        Assert.Equal(["a", "b"], weights.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([0L, 1L], weights.Tensors.Select(tensor => tensor.ElementCount));
    }

    [Theory]
    [InlineData("""{"w":{"dtype":"X32","shape":[1],"data_offsets":[0,1]}}""", "X32")]
    [InlineData("""{"w":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,1]}}""", "doesn't fill")]
    [InlineData("""{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}""", "that the format doesn't know")]
    [InlineData("""{"w":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}""", "whole numbers")]
    [InlineData("""{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"dtype":"U8"}}""", "JSON")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", "JSON")]
    [InlineData("""{"w":{"dtype":"\ud800","shape":[1],"data_offsets":[0,1]}}""", "")]
    [InlineData("""{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", "1 extra bytes follow")]
    public void Open_SafetensorsAgainstTheRules_IsRefused(string header, string expected)
    {
        Assert.Contains(expected, Refusal(Archives.Safetensors(header, [1])), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_LegacyViewsOfOneStorage_AreRead()
    {
        var view = Tuple(Text("v"), Integer(1), Integer(2));
        var root = Dict(("w", Pickles.Tensor(StorageOf("0", 4, view: view), [2], [1])));
        byte[] data = [.. new[] { 1f, 2f, 3f, 4f }.SelectMany(BitConverter.GetBytes)];
        using var file = new TemporaryFile(Legacy(root, ("0", 4, data)));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        Assert.Equal(WeightsFormat.PyTorchLegacy, weights.Format);
        Assert.Equal([2f, 3f], WeightsFixtures.Floats(weights.Tensors[0]));
    }

    [Fact]
    public void Open_LegacyViewOutsideOfItsStorage_IsRefused()
    {
        var root = Dict(
            ("w", Pickles.Tensor(StorageOf("0", 4, view: Tuple(Text("v"), Integer(3), Integer(2))), [2], [1]))
        );

        Assert.Contains("outside", Refusal(Legacy(root, ("0", 4, new byte[16]))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state_dict", "state_dict")]
    [InlineData("net", "net")]
    [InlineData("model_state_dict", "model_state_dict")]
    public void Open_WrappedStateDict_NamesItsWrapper(string key, string expected)
    {
        using var file = new TemporaryFile(Zip(Dict(("epoch", Integer(3)), (key, One("w")))));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        Assert.Equal(expected, weights.Wrapper);
        Assert.Equal("w", Assert.Single(weights.Tensors).Name);
    }

    [Fact]
    public void Open_WrapperInWrapperBesideAnotherDict_FindsTheTensors()
    {
        using var file = new TemporaryFile(Zip(Dict(("state_dict", Dict(("x", Integer(1)))), ("model", One("w")))));
        using var nested = new TemporaryFile(Zip(Dict(("model", Dict(("state_dict", One("w")))))));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);
        using var inner = WeightsFile.Open(nested.Path, WeightsLimits.Default);

        Assert.Equal("model", weights.Wrapper);
        Assert.Equal("model.state_dict", inner.Wrapper);
    }

    [Fact]
    public void Open_EmptyStateDict_HasNoTensorsAndDoesNotMatch()
    {
        using var file = new TemporaryFile(Zip(Op('}')));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        var error = Assert.ThrowsAny<ServingException>(() =>
            StateDictMatch.Compare([], weights.Tensors).ThrowIfMismatched()
        );

        Assert.Equal(ErrorCode.WeightsMismatch, error.Code);
        Assert.Equal("The file holds no tensors.", error.Message);
    }

    [Fact]
    public void Open_SameNameTwice_IsRefused()
    {
        var tensor = Pickles.Tensor(StorageOf("0", 1), [1], [1]);

        Assert.Contains("twice", Refusal(Zip(Dict(("w", tensor), ("w", tensor)))), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_BeyondALimit_NamesTheNumber()
    {
        using var file = new TemporaryFile(Zip(One("w")));

        Assert.Contains(
            "at most 0",
            Refusal(file, WeightsLimits.Default with { MaxTensors = 0 }),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "at most 3",
            Refusal(file, WeightsLimits.Default with { MaxTotalBytes = 3 }),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "at most 1",
            Refusal(file, WeightsLimits.Default with { MaxZipEntries = 1 }),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "at most 9",
            Refusal(file, WeightsLimits.Default with { MaxPickleBytes = 9 }),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Open_EntryPackedTooTightly_IsRefused()
    {
        const int count = 1 << 20;
        var pickle = Whole(Dict(("w", Pickles.Tensor(StorageOf("0", count), [count], [1]))));

        var message = Refusal(
            Archives.Zip(CompressionLevel.Optimal, ("a/data.pkl", pickle), ("a/data/0", new byte[count * 4]))
        );

        Assert.Contains("100 times", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ManySmallEntriesPackedTooTightly_IsRefused()
    {
        const int count = 1 << 16;
        string[] keys = [.. Enumerable.Range(0, 64).Select(i => $"{i}")];
        var pickle = Whole(Dict([.. keys.Select(key => (key, Pickles.Tensor(StorageOf(key, count), [count], [1])))]));

        var message = Refusal(
            Archives.Zip(
                CompressionLevel.Optimal,
                [("a/data.pkl", pickle), .. keys.Select(key => ($"a/data/{key}", new byte[count * 4]))]
            )
        );

        Assert.Contains("100 times", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60, '<')]
    [InlineData(128, '\u0080')]
    [InlineData(256, '\u0080')]
    public void Open_TorchSharpFileThatBeginsAsAnotherFormat_IsRead(int tensors, char first)
    {
        using var layers = nn.Sequential([.. Enumerable.Range(0, tensors / 2).Select(_ => nn.Linear(2, 2))]);
        using var file = new TemporaryFile();
        layers.save(file.Path);

        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        Assert.Equal(first, (char)File.ReadAllBytes(file.Path)[0]);
        Assert.Equal(WeightsFormat.TorchSharp, weights.Format);
        Assert.Equal(tensors, weights.Tensors.Count);
        Assert.Equal("0.weight", weights.Tensors[0].Name);
    }

    [Fact]
    public void Open_EntryCountInSixtyFourBits_IsRead()
    {
        var zip = WithZip64End(Zip(One("w")));
        using var file = new TemporaryFile(zip);
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        Assert.Single(weights.Tensors);
    }

    [Fact]
    public void Open_ZipWithoutCrc_IsRead()
    {
        using var file = new TemporaryFile(Archives.WithoutCrc(Zip(One("w"))));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        Assert.Single(weights.Tensors);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void Open_EntryOfSeveralChunks_IsCheckedToItsEnd(CompressionLevel level)
    {
        const int count = 100_001;
        var numbers = new byte[count * 4];
        TestSeed.Generator(1).NextBytes(numbers);
        var pickle = Whole(Dict(("w", Pickles.Tensor(StorageOf("0", count), [count], [1]))));
        var zip = Archives.Zip(level, ("a/data.pkl", pickle), ("a/data/0", numbers));
        using (var file = new TemporaryFile(zip))
        using (var weights = WeightsFile.Open(file.Path, WeightsLimits.Default))
            Assert.Single(weights.Tensors);

        // What is random can't be compressed, so its last bytes stand in the file as they are.
        zip[zip.AsSpan().IndexOf(numbers.AsSpan(numbers.Length - 16)) + 15] ^= 1;

        Assert.Contains("CRC-32", Refusal(zip), StringComparison.Ordinal);
    }

    /// <summary>A dict of one tensor with one number.</summary>
    private static byte[] One(string name) => Dict((name, Pickles.Tensor(StorageOf("0", 1), [1], [1])));

    private static byte[] Zip(byte[] root) =>
        Archives.Zip(("a/data.pkl", Whole(root)), ("a/data/0", BitConverter.GetBytes(1f)));

    /// <summary>
    /// The end record as PyTorch writes it: a 64-bit record and its locator before the usual one, which only refers to
    /// them.
    /// </summary>
    private static byte[] WithZip64End(byte[] zip)
    {
        var end = zip.AsSpan(zip.Length - 22);
        var record = new byte[56];
        "PK\x06\x06"u8.CopyTo(record);
        BitConverter.TryWriteBytes(record.AsSpan(4), 44L);
        BitConverter.TryWriteBytes(record.AsSpan(24), (long)BitConverter.ToUInt16(end[10..]));
        BitConverter.TryWriteBytes(record.AsSpan(32), (long)BitConverter.ToUInt16(end[10..]));
        BitConverter.TryWriteBytes(record.AsSpan(40), (long)BitConverter.ToUInt32(end[12..]));
        BitConverter.TryWriteBytes(record.AsSpan(48), (long)BitConverter.ToUInt32(end[16..]));
        var locator = new byte[20];
        "PK\x06\x07"u8.CopyTo(locator);
        BitConverter.TryWriteBytes(locator.AsSpan(8), (long)zip.Length - 22);
        locator[16] = 1;
        var narrow = end.ToArray();
        narrow.AsSpan(8, 12).Fill(0xff);
        return [.. zip[..^22], .. record, .. locator, .. narrow];
    }

    private static string Refusal(byte[] content)
    {
        using var file = new TemporaryFile(content);
        return Refusal(file, WeightsLimits.Default);
    }

    private static string Refusal(TemporaryFile file, WeightsLimits limits)
    {
        var error = Assert.ThrowsAny<ServingException>(() => WeightsFile.Open(file.Path, limits));
        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        return error.Message;
    }
}
