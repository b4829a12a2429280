using System.Text;
using ModelService.Models.Errors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>The initialisers of ONNX models: files of the onnx package, and hostile ones made by hand.</summary>
public sealed class OnnxTests
{
    private static readonly float[] Floats = [-2, -1, 0, 0.5f, 2, 100];
    private static readonly float[] Signed = [-2, -1, 0, 1, 2, 100];

    public static TheoryData<string, byte[], string> Hostile { get; } =
        new()
        {
            { "too few elements", [.. Number(1, 3), .. Number(2, 1), .. Name, .. Bytes(9, new byte[8])], "3 elements" },
            { "part of one", [.. Number(1, 1), .. Number(2, 1), .. Name, .. Bytes(9, new byte[5])], "whole elements" },
            { "2^62", [.. Number(1, 1UL << 62), .. Number(2, 1), .. Name, .. Bytes(9, new byte[4])], "elements" },
            {
                "2^64 by product",
                [.. Number(1, 1UL << 32), .. Number(1, 1UL << 32), .. Number(2, 1), .. Name, .. Bytes(9, new byte[4])],
                "sizes"
            },
            { "negative", [.. Number(1, ulong.MaxValue), .. Number(2, 1), .. Name], "[-1]" },
            { "33 sizes", [.. Bytes(1, [.. Enumerable.Repeat((byte)1, 33)]), .. Number(2, 1), .. Name], "32" },
            { "segment", [.. Number(1, 1), .. Number(2, 1), .. Name, .. Bytes(3, [])], "segments" },
            { "no name", [.. Number(1, 1), .. Number(2, 1), .. Bytes(9, new byte[4])], "no name" },
            { "long name", [.. Bytes(8, new byte[1025])], "1025 bytes" },
            { "name is a number", [.. Number(8, 1)], "stands for a message" },
            { "longer than its message", [.. Tag(9, 2), 0xff, 0xff, 0xff, 0x7f, 1], "bytes, but its message" },
            { "2^63 bytes", [.. Tag(9, 2), .. Varint(1UL << 63)], "bytes, but its message" },
            { "endless number", [.. Tag(1, 0), .. Enumerable.Repeat((byte)0xff, 11)], "cut off" },
            { "group", [.. Tag(20, 3)], "doesn't use" },
            { "field 0", [.. Tag(0, 0), 1], "no number" },
            { "int8 of 200", [.. Number(1, 1), .. Number(2, 3), .. Name, .. Number(5, 200)], "the number 200" },
            { "float of a varint", [.. Number(1, 1), .. Number(2, 1), .. Name, .. Number(4, 1)], "is not a float32" },
            { "cut varint", [.. Number(1, 1), .. Number(2, 7), .. Name, .. Bytes(7, [0x80])], "cut off" },
        };

    private static byte[] Header => [.. Number(1, 8), .. Bytes(2, Encoding.UTF8.GetBytes("a producer of tests"))];

    private static byte[] Name => Bytes(8, "w"u8);

    private static byte[] Whole => [.. Number(1, 1), .. Number(2, 1), .. Name, .. Bytes(9, new byte[4])];

    [Theory]
    [InlineData("float32", WeightsDtype.Float32)]
    [InlineData("float64", WeightsDtype.Float64)]
    [InlineData("float16", WeightsDtype.Float16)]
    [InlineData("bfloat16", WeightsDtype.BFloat16)]
    [InlineData("int64", WeightsDtype.Int64)]
    [InlineData("int32", WeightsDtype.Int32)]
    [InlineData("int16", WeightsDtype.Int16)]
    [InlineData("int8", WeightsDtype.Int8)]
    [InlineData("uint8", WeightsDtype.UInt8)]
    [InlineData("bool", WeightsDtype.Bool)]
    public void Open_EachType_IsReadFromRawAndTypedElements(string name, WeightsDtype dtype)
    {
        using var file = WeightsFile.Open(Fixtures.Path("onnx", "types.onnx"), WeightsLimits.Default);
        float[] expected = name switch
        {
            "uint8" => [0, 1, 2, 3, 4, 200],
            "bool" => [1, 0, 1, 1, 0, 1],
            _ when name.StartsWith("int", StringComparison.Ordinal) => Signed,
            _ => Floats,
        };

        Assert.Equal(WeightsFormat.Onnx, file.Format);
        foreach (var form in (string[])["raw", "typed"])
        {
            var tensor = file.Tensors.Single(tensor => tensor.Name == $"{name}.{form}");
            Assert.Equal(dtype, tensor.Dtype);
            Assert.Equal([2L, 3L], tensor.Shape);
            Assert.Equal(expected, WeightsFixtures.Floats(tensor));
        }
    }

    [Fact]
    public void Open_Graph_GivesTheTensorsInTheOrderOfTheirUse()
    {
        using var file = WeightsFile.Open(Fixtures.Path("onnx", "order.onnx"), WeightsLimits.Default);

        Assert.Equal(["m", "a", "z", "unused"], file.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Open_TypesThatAreNotRead_AreSkipped()
    {
        using var file = WeightsFile.Open(Fixtures.Path("onnx", "skipped.onnx"), WeightsLimits.Default);

        Assert.Equal(["read"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(
            [
                new SkippedEntry("texts", "a tensor of type string"),
                new SkippedEntry("wide", "a tensor of type uint64"),
                new SkippedEntry("sparse", "a sparse tensor"),
            ],
            file.Skipped
        );
    }

    [Fact]
    public void Open_ExternalData_IsRefusedByName()
    {
        var message = Refusal(File.ReadAllBytes(Fixtures.Path("onnx", "external.onnx")));

        Assert.Contains("'outside'", message, StringComparison.Ordinal);
        Assert.Contains("'../weights.bin'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ElementsInPieces_AreJoined()
    {
        // Two packed pieces and a single element, as writers may give them.
        byte[] tensor =
        [
            .. Number(1, 4),
            .. Number(2, 1),
            .. Name,
            .. Bytes(4, [.. Single(1), .. Single(2)]),
            .. Bytes(4, Single(3)),
            .. Tag(4, 5),
            .. Single(4),
        ];
        using var file = WeightsFile.Open(MappedBytes.Borrow<byte>(Model(tensor)), WeightsLimits.Default);

        Assert.Equal([1f, 2f, 3f, 4f], WeightsFixtures.Floats(file.Tensors[0]));
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Open_HostileTensor_IsRefusedWithItsFault(string kind, byte[] tensor, string expected)
    {
        Assert.Contains(expected, Refusal(Model(tensor)), StringComparison.Ordinal);
        Assert.NotEmpty(kind);
    }

    [Fact]
    public void Open_SameNameTwice_IsRefused() =>
        Assert.Contains("occurs twice", Refusal(Model(Whole, Whole)), StringComparison.Ordinal);

    [Fact]
    public void Open_DeeplyNestedMessages_CostNothing()
    {
        // A graph in an attribute of a node, in a graph, and so on: nothing looks into attributes.
        byte[] nested = [];
        for (var depth = 0; depth < 500; depth++)
            nested = Bytes(1, Bytes(5, Bytes(6, nested)));
        byte[] model = [.. Header, .. Bytes(7, [.. nested, .. Bytes(5, Whole)])];
        using var file = WeightsFile.Open(MappedBytes.Borrow<byte>(model), WeightsLimits.Default);

        Assert.Equal(["w"], file.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Open_EveryBeginning_IsRefused()
    {
        var model = Model(Whole);
        for (var length = 17; length < model.Length; length++)
            Refusal(model[..length]);
    }

    [Fact]
    public void Open_NoGraphOrTwo_IsRefused()
    {
        Assert.Contains("no graph", Refusal([.. Header, .. Bytes(12, new byte[9])]), StringComparison.Ordinal);
        Assert.Contains("second graph", Refusal([.. Model(Whole), .. Bytes(7, [])]), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_UnpackedElementsBeyondTheLimit_AreRefusedBeforeTheyAreWritten()
    {
        byte[] tensor = [.. Number(1, 1000), .. Number(2, 7), .. Name, .. Bytes(7, new byte[1000])];
        var limits = new WeightsLimits { MaxTotalBytes = 4000 };

        var error = Assert.Throws<ServingException>(() =>
            WeightsFile.Open(MappedBytes.Borrow<byte>(Model(tensor)), limits)
        );

        Assert.Contains("8000 bytes", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Model(params byte[][] tensors) =>
        [.. Header, .. Bytes(7, [.. tensors.SelectMany(tensor => Bytes(5, tensor))])];

    private static byte[] Number(int field, ulong value) => [.. Tag(field, 0), .. Varint(value)];

    private static byte[] Bytes(int field, ReadOnlySpan<byte> value) =>
        [.. Tag(field, 2), .. Varint((ulong)value.Length), .. value];

    private static byte[] Single(float value) => BitConverter.GetBytes(value);

    private static byte[] Tag(int field, int type) => Varint((ulong)((field << 3) | type));

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value > 0x7f; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }

    private static string Refusal(byte[] content)
    {
        var error = Assert.Throws<ServingException>(() =>
            WeightsFile.Open(MappedBytes.Borrow<byte>(content), WeightsLimits.Default)
        );
        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        return error.Message;
    }
}
