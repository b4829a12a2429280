using ModelService.Models.Errors;
using ModelService.Models.Weights;
using ModelService.Models.Weights.Pickle;
using static ModelService.Models.Tests.Weights.Pickles;

namespace ModelService.Models.Tests.Weights;

public sealed class UnpicklerTests
{
    [Theory]
    [InlineData(new byte[] { (byte)'K', 200 }, 200L)]
    [InlineData(new byte[] { (byte)'M', 1, 2 }, 513L)]
    [InlineData(new byte[] { (byte)'J', 0xfe, 0xff, 0xff, 0xff }, -2L)]
    [InlineData(new byte[] { 0x8a, 0 }, 0L)]
    [InlineData(new byte[] { 0x8a, 2, 0, 0x80 }, -32768L)]
    [InlineData(new byte[] { 0x8b, 1, 0, 0, 0, 0xff }, -1L)]
    [InlineData(new byte[] { (byte)'G', 0x3f, 0xf8, 0, 0, 0, 0, 0, 0 }, 1.5)]
    [InlineData(new byte[] { 0x88 }, true)]
    [InlineData(new byte[] { 0x89 }, false)]
    [InlineData(new byte[] { (byte)'N' }, null)]
    [InlineData(new byte[] { (byte)'U', 2, (byte)'a', (byte)'b' }, "ab")]
    [InlineData(new byte[] { 0x8c, 1, (byte)'a' }, "a")]
    [InlineData(new byte[] { (byte)'T', 1, 0, 0, 0, (byte)'a' }, "a")]
    [InlineData(new byte[] { 0x8d, 1, 0, 0, 0, 0, 0, 0, 0, (byte)'a' }, "a")]
    public void Read_Scalar_GivesItsValue(byte[] opcodes, object? expected)
    {
        Assert.Equal(expected, Read(Whole(opcodes)));
    }

    [Fact]
    public void Read_Tuples_KeepTheirOrder()
    {
        var value = Read(
            Whole(
                Join(Op(')'), Integer(1), [0x85]),
                Join(Integer(1), Integer(2), [0x86]),
                Join(Integer(1), Integer(2), Integer(3), [0x87]),
                Tuple(Text("a")),
                [0x87]
            )
        );

        var outer = Assert.IsType<PickleTuple>(value).Items;
        Assert.Equal([1L, 2L], ((PickleTuple)outer[0]!).Items);
        Assert.Equal([1L, 2L, 3L], ((PickleTuple)outer[1]!).Items);
        Assert.Equal(["a"], ((PickleTuple)outer[2]!).Items);
    }

    [Fact]
    public void Read_ListsAndDicts_TakeOneItemAndMany()
    {
        var value = Read(
            Whole(
                Join(Op('}'), Text("one"), Op(']'), Integer(1), Op('a', 's')),
                Join(Op('('), Text("many"), Op(']', '('), Integer(2), Integer(3), Op('e', 'u'))
            )
        );

        var dict = Assert.IsType<PickleDict>(value);
        Assert.Equal(["one", "many"], dict.Items.Select(item => item.Key));
        Assert.Equal([1L], ((PickleList)dict.Items[0].Value!).Items);
        Assert.Equal([2L, 3L], ((PickleList)dict.Items[1].Value!).Items);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'q', 7, (byte)'0', (byte)'h', 7 })]
    [InlineData(new byte[] { (byte)'r', 7, 0, 0, 0xff, (byte)'0', (byte)'j', 7, 0, 0, 0xff })]
    [InlineData(new byte[] { 0x94, (byte)'0', (byte)'h', 0 })]
    [InlineData(new byte[] { (byte)'2', (byte)'0' })]
    [InlineData(new byte[] { (byte)'(', (byte)'N', (byte)'N', (byte)'1' })]
    [InlineData(new byte[] { (byte)'(', (byte)'0' })]
    public void Read_MemoAndStack_GiveTheValueBack(byte[] opcodes)
    {
        Assert.Equal("a", Read(Whole(Text("a"), opcodes)));
    }

    [Fact]
    public void Read_FrameAndStackGlobal_AreRead()
    {
        byte[] body =
        [
            0x8c,
            11,
            .. "collections"u8,
            0x8c,
            11,
            .. "OrderedDict"u8,
            0x93,
            (byte)')',
            (byte)'R',
            (byte)'.',
        ];

        var value = Read([0x80, 4, 0x95, (byte)body.Length, 0, 0, 0, 0, 0, 0, 0, .. body]);

        Assert.IsType<PickleDict>(value);
    }

    [Fact]
    public void Read_OrderedDictOfPairs_IsADict()
    {
        var pair = Join(Op(']', '('), Text("k"), Integer(5), Op('e'));

        var value = Read(Whole(Call(Global("collections", "OrderedDict"), Join(Op(']'), pair, Op('a')))));

        Assert.Equal([new KeyValuePair<object?, object?>("k", 5L)], Assert.IsType<PickleDict>(value).Items);
    }

    [Theory]
    [InlineData("argparse", "Namespace")]
    [InlineData("pathlib", "PosixPath")]
    [InlineData("numpy._core.multiarray", "scalar")]
    [InlineData("numpy", "dtype")]
    [InlineData("_codecs", "encode")]
    [InlineData("torch", "device")]
    public void Read_HarmlessGlobal_IsOpaque(string module, string name)
    {
        var value = Read(Whole(Global(module, name), Op(')'), [0x81], Dict(("lr", Integer(1))), Op('b')));

        Assert.Equal($"{module}.{name}", Assert.IsType<PickleOpaque>(value).Name);
    }

    [Fact]
    public void Read_TensorOfDtype_IsATensorOverBytes()
    {
        var storage = Join(
            Tuple(Text("storage"), Global("torch.storage", "UntypedStorage"), Text("0"), Text("cpu"), Integer(8)),
            Op('Q')
        );

        var value = Read(
            Whole(
                Call(
                    Global("torch._utils", "_rebuild_tensor_v3"),
                    storage,
                    Integer(1),
                    Longs(3),
                    Longs(1),
                    [0x89],
                    EmptyOrderedDict,
                    Global("torch", "int16")
                )
            )
        );

        var tensor = Assert.IsType<PickleTensor>(value);
        Assert.Equal((WeightsDtype.Int16, 2L, 3L), (tensor.Dtype, tensor.ByteOffset, tensor.Geometry.ElementCount));
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("torch", "load")]
    [InlineData("torch.storage", "_load_from_bytes")]
    [InlineData("", "collections.OrderedDict")]
    [InlineData("collections.OrderedDict", "")]
    public void Read_OtherGlobal_IsRefusedWithNameAndOffset(string module, string name)
    {
        var message = Refusal(Whole(Op('N', '0'), Global(module, name)));

        Assert.StartsWith("At byte 4 of data.pkl: ", message, StringComparison.Ordinal);
        Assert.Contains($"'{module}.{name}'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('F', "FLOAT")]
    [InlineData('I', "INT")]
    [InlineData('S', "STRING")]
    [InlineData('V', "UNICODE")]
    [InlineData('g', "GET")]
    [InlineData('p', "PUT")]
    [InlineData('d', "DICT")]
    [InlineData('l', "LIST")]
    [InlineData('o', "OBJ")]
    [InlineData('\x84', "EXT4")]
    [InlineData('\x92', "NEWOBJEX")]
    [InlineData('\x96', "BYTEARRAY8")]
    [InlineData('\x97', "NEXTBUFFER")]
    [InlineData('\xfe', "0xfe is not a pickle opcode")]
    public void Read_OtherOpcode_IsRefusedByName(char opcode, string expected)
    {
        Assert.Contains($"At byte 2 of data.pkl: ", Refusal(Whole(Op(opcode))), StringComparison.Ordinal);
        Assert.Contains(expected, Refusal(Whole(Op(opcode))), StringComparison.Ordinal);
    }

    public static TheoryData<byte[], string> Faults =>
        new()
        {
            { Op('R'), "the stack has none" },
            { Op('N', '(', '0', '0', '0'), "the stack has none" },
            { Op('N', '(', 'R'), "the stack has none" },
            { Op('t'), "there is no mark" },
            { [(byte)'h', 9], "no entry 9" },
            { Op('N', 'N', 'R'), "is called" },
            { Op(')', 'N', 'b'), "attributes" },
            { Op('N', 'N', 'a'), "appended" },
            { Join(Op('}', '('), Integer(1), Op('u')), "without a value" },
            { Join(Op('N', '('), Integer(1), Integer(1), Op('u')), "keys are set" },
            { Join(Global("torch", "FloatStorage"), Op(')', 'R')), "is called" },
            { Join(Global("torch._utils", "_rebuild_tensor_v2"), Op(')', 'R')), "a tensor takes" },
            { Join(Global("torch._utils", "_rebuild_parameter"), Op(')', 'R')), "takes a tensor" },
            { Join(Text("storage"), Op('Q')), "the persistent id 'storage' doesn't refer to a storage" },
            {
                Join(Tuple(Text("module"), Integer(1), Op(')')), Op('Q')),
                "the persistent id ('module', 1, a tuple) doesn't refer to a storage"
            },
            { StorageOf("0", -1), "-1 elements" },
            { Tensor(StorageOf("0", 4), [2, 2], [2, 1], 1), "over the storage '0' has sizes" },
            { Tensor(StorageOf("0", 4), [2, 2], [2]), "1 strides" },
            { Tensor(StorageOf("0", 4), [-2, -2], [2, 1]), "negative" },
            { Tensor(StorageOf("0", 4), new long[33], new long[33]), "33 dimensions" },
            { Join(StorageOf("0", 4), StorageOf("0", 5)), "before" },
            { OfDtype("int64", StorageOf("0", 4), 1), "outside" },
            {
                OfDtype("int64", StorageOf("0", 40, view: Tuple(Text("v"), Integer(30), Integer(8))), 3),
                "another type"
            },
            { [0x8b, 0xff, 0xff, 0xff, 0x7f], "integer" },
            { [0x80, 6], "protocol 6" },
            { [0x95, 0, 0, 0, 0, 0, 0, 0, 0x80], "frame" },
        };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Read_WhatDoesNotAddUp_IsRefused(byte[] opcodes, string expected)
    {
        Assert.Contains(expected, Refusal(Whole(opcodes)), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MoreStepsThanTheLimit_IsRefused()
    {
        var limits = WeightsLimits.Default with { MaxPickleSteps = 10 };

        var error = Assert.ThrowsAny<ServingException>(() => Read(Whole(Op([.. Enumerable.Repeat(')', 11)])), limits));

        Assert.Contains("10 steps", error.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Each of these is a few bytes that the memo doubles: work without bytes of the file to pay for it.
    /// </summary>
    [Fact]
    public void Read_LongListMadeADictAgainAndAgain_IsRefused()
    {
        var pairs = Join(Op(']', '('), Join([.. Enumerable.Repeat(Join(Op('h'), [0]), 50_000)]), Op('e'), Op('q'), [1]);
        var once = Join(Op('h'), [1, 0x85, (byte)'R', (byte)'0', (byte)'h', 2]);
        var again = Join(
            Global("collections", "OrderedDict"),
            Op('q'),
            [2],
            Join([.. Enumerable.Repeat(once, 100_000)])
        );

        var message = Refusal(Whole(Op('N', 'N'), [0x86], Op('q'), [0], pairs, again));

        Assert.Contains("steps", message, StringComparison.Ordinal);
    }

    private static byte[] OfDtype(string dtype, byte[] storage, long offset) =>
        Call(
            Global("torch._utils", "_rebuild_tensor_v3"),
            storage,
            Integer(offset),
            Longs(2),
            Longs(1),
            [0x89],
            EmptyOrderedDict,
            Global("torch", dtype)
        );

    private static object? Read(byte[] pickle, WeightsLimits? limits = null) =>
        Unpickler.Read(pickle, new PickleSource("data.pkl"), limits ?? WeightsLimits.Default, [], out _);

    private static string Refusal(byte[] pickle)
    {
        var error = Assert.ThrowsAny<ServingException>(() => Read(pickle));
        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        return error.Message;
    }
}
