using System.Runtime.InteropServices;
using ModelService.Models.Errors;
using ModelService.Models.Weights;
using static ModelService.Models.Tests.Weights.Pickles;

namespace ModelService.Models.Tests.Weights;

public sealed class StoredTensorTests
{
    public static TheoryData<string, byte[], float[]> Dtypes =>
        new()
        {
            { "F32", Bytes<float>(1.5f, float.NegativeInfinity), [1.5f, float.NegativeInfinity] },
            { "F64", Bytes(0.1, -2.0), [0.1f, -2] },
            { "F16", Bytes((Half)0.1f, Half.PositiveInfinity), [(float)(Half)0.1f, float.PositiveInfinity] },
            { "BF16", Bytes<ushort>(0x3f80, 0xff80), [1, float.NegativeInfinity] },
            { "I64", Bytes(-3L, 1L << 62), [-3, 1L << 62] },
            { "I32", Bytes(-3, 1 << 24), [-3, 1 << 24] },
            { "I16", Bytes<short>(-3, short.MinValue), [-3, short.MinValue] },
            { "I8", Bytes<sbyte>(-3, sbyte.MinValue), [-3, sbyte.MinValue] },
            { "U8", [3, 255], [3, 255] },
            { "BOOL", [0, 1], [0, 1] },
        };

    [Theory]
    [MemberData(nameof(Dtypes))]
    public void CopyTo_EachDtype_GivesItsNumbers(string dtype, byte[] data, float[] expected)
    {
        using var file = new TemporaryFile(Tensor(dtype, data, "[2]"));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        Assert.Equal(expected, WeightsFixtures.Floats(weights.Tensors[0]));
    }

    [Theory]
    [InlineData("I64", new byte[] { 1, 0, 0, 1, 0, 0, 0, 0 })]
    [InlineData("I64", new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f })]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 0, 0x7f })]
    public void CopyTo_NumberThatFloat32CannotHold_IsRefusedByName(string dtype, byte[] data)
    {
        using var file = new TemporaryFile(Tensor(dtype, data, "[]"));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        var error = Assert.ThrowsAny<ServingException>(() => WeightsFixtures.Floats(weights.Tensors[0]));

        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        Assert.Contains("'w'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("F32", new byte[] { 0, 0, 0x20, 0x41 }, 10)]
    [InlineData("BF16", new byte[] { 0x20, 0x41 }, 10)]
    [InlineData("I32", new byte[] { 10, 0, 0, 0 }, 10)]
    [InlineData("U8", new byte[] { 10 }, 10)]
    public void CopyTo_WholeNumbers_GivesIntegers(string dtype, byte[] data, long expected)
    {
        using var file = new TemporaryFile(Tensor(dtype, data, "[]"));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);
        var values = new long[1];

        weights.Tensors[0].CopyTo(values);

        Assert.Equal(expected, values[0]);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0x3f })]
    [InlineData(new byte[] { 0, 0, 0, 0x5f })]
    [InlineData(new byte[] { 0, 0, 0xc0, 0x7f })]
    public void CopyTo_FloatThatIsNoInteger_IsRefused(byte[] data)
    {
        using var file = new TemporaryFile(Tensor("F32", data, "[]"));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        Assert.ThrowsAny<ServingException>(() => weights.Tensors[0].CopyTo(new long[1]));
    }

    [Theory]
    [InlineData(new long[] { 2, 3 }, new long[] { 1, 2 }, 0, new float[] { 0, 2, 4, 1, 3, 5 })]
    [InlineData(new long[] { 2, 2, 2 }, new long[] { 1, 2, 4 }, 0, new float[] { 0, 4, 2, 6, 1, 5, 3, 7 })]
    [InlineData(new long[] { 3 }, new long[] { 2 }, 1, new float[] { 1, 3, 5 })]
    [InlineData(new long[] { 2, 3 }, new long[] { 0, 1 }, 2, new float[] { 2, 3, 4, 2, 3, 4 })]
    [InlineData(new long[] { 1, 2 }, new long[] { long.MaxValue, 1 }, 6, new float[] { 6, 7 })]
    [InlineData(new long[] { }, new long[] { }, 7, new float[] { 7 })]
    [InlineData(new long[] { 0, 3 }, new long[] { 3, 1 }, 8, new float[] { })]
    [InlineData(new long[] { 2, 1, 2 }, new long[] { 4, 99, 1 }, 0, new float[] { 0, 1, 4, 5 })]
    public void CopyTo_StridedView_IsInRowMajorOrder(long[] shape, long[] strides, long offset, float[] expected)
    {
        var pickle = Whole(Dict(("w", Pickles.Tensor(StorageOf("0", 8), shape, strides, offset))));
        using var file = new TemporaryFile(
            Archives.Zip(("a/data.pkl", pickle), ("a/data/0", Bytes<float>(0, 1, 2, 3, 4, 5, 6, 7)))
        );
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        Assert.Equal(expected, WeightsFixtures.Floats(weights.Tensors[0]));
        Assert.Equal(shape, weights.Tensors[0].Shape);
    }

    [Fact]
    public void CopyTo_RoomOfAnotherSize_Throws()
    {
        using var file = new TemporaryFile(Tensor("U8", [1, 2], "[2]"));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);

        Assert.Throws<ArgumentException>(() => weights.Tensors[0].CopyTo(new float[3]));
    }

    [Fact]
    public void CopyTo_ClosedFile_Throws()
    {
        using var file = new TemporaryFile(Tensor("U8", [1, 2], "[2]"));
        var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);
        var tensor = weights.Tensors[0];
        weights.Dispose();
        weights.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tensor.CopyTo(new float[2]));
    }

    private static byte[] Tensor(string dtype, byte[] data, string shape) =>
        Archives.Safetensors("{" + Archives.Entry("w", dtype, shape, 0, data.Length) + "}", data);

    private static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
