using System.Diagnostics;
using ModelService.Models.Errors;
using ModelService.Models.Weights;
using static ModelService.Models.Tests.Weights.Pickles;

namespace ModelService.Models.Tests.Weights;

/// <summary>
/// Objects of unknown classes: read past beside the weights, and refused wherever a tensor would come out of one.
/// </summary>
public sealed class OpaqueValueTests
{
    private static readonly byte[] Weight = Pickles.Tensor(StorageOf("0", 1), [1], [1]);

    /// <summary>An object of an unknown class.</summary>
    private static byte[] Thing => Call(Global("package", "Thing"));

    public static TheoryData<string, byte[]> Beside =>
        new()
        {
            { "built", Join(Global("package", "Thing"), Op(')'), [0x81], Dict(("x", Weight)), Op('b')) },
            { "called", Call(Global("package", "Thing"), Integer(1), Weight) },
            { "class", Global("package", "Thing") },
            { "updated", Join(Thing, Op('('), Text("x"), Weight, Op('u')) },
            { "updated once", Join(Thing, Text("x"), Weight, Op('s')) },
            { "appended", Join(Thing, Op('('), Integer(1), Integer(2), Op('e')) },
            { "appended once", Join(Thing, Integer(1), Op('a')) },
            { "in a list", Join(Op(']'), Thing, Op('a')) },
            { "in a tuple", Tuple(Thing, Thing) },
            { "in a dict", Dict(("x", Thing)) },
            { "argument", Call(Global("package", "Other"), Thing) },
            { "state", Join(Thing, Thing, Op('b')) },
            { "partial", Call(Global("functools", "partial"), Global("package", "function")) },
            { "deque", Join(Call(Global("collections", "deque"), Op(']'), Integer(5)), Integer(1), Op('a')) },
            { "default", Join(Call(Global("collections", "defaultdict"), Global("builtins", "list"))) },
            { "enum", Call(Global("package", "Color"), Integer(1)) },
            { "member", Call(Global("builtins", "getattr"), Global("package", "Color"), Text("RED")) },
            { "date", Call(Global("datetime", "datetime"), [0x43, 2, 1, 2]) },
            {
                "array",
                Join(
                    Call(Global("numpy.core.multiarray", "_reconstruct"), Global("numpy", "ndarray"), Integer(0)),
                    Tuple(Integer(1), Call(Global("numpy", "dtype"), Text("f8")), [0x89, 0x43, 1, 0]),
                    Op('b')
                )
            },
            {
                "optimizer",
                Join(Global("torch.optim.adam", "Adam"), Op(')'), [0x81], Dict(("state", Op('}'))), Op('b'))
            },
            { "sparse", Call(Global("torch._utils", "_rebuild_sparse_tensor"), Global("torch", "sparse_coo"), Weight) },
            { "complex", Pickles.Tensor(StorageOf("1", 2, "ComplexFloatStorage"), [2], [1]) },
            { "quantized", Call(Global("torch._utils", "_rebuild_qtensor"), StorageOf("2", 8, "QInt8Storage")) },
        };

    [Theory]
    [MemberData(nameof(Beside))]
    public void Open_ObjectBesideTheStateDict_IsReadPast(string name, byte[] value)
    {
        using var file = Open(Dict((name, value), ("state_dict", Dict(("w", Weight)))));

        Assert.Equal("state_dict", file.Wrapper);
        Assert.Equal("w", Assert.Single(file.Tensors).Name);
    }

    [Theory]
    [MemberData(nameof(Beside))]
    public void Open_ObjectInTheStateDict_IsSkippedUnlessTheNetworkNeedsIt(string name, byte[] value)
    {
        using var file = Open(Dict((name, value), ("w", Weight)));

        var skipped = Assert.Single(file.Skipped);
        Assert.Equal(name, skipped.Name);
        Assert.True(StateDictMatch.Compare([new("w", [1], false)], file.Tensors, skipped: file.Skipped).IsMatch);
        var error = Assert.ThrowsAny<ServingException>(() =>
            StateDictMatch.Compare([new("w", [1], false), new(name, [2], false)], file.Tensors, skipped: file.Skipped)
        );
        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<byte[], string> Misused =>
        new()
        {
            { Join(Thing, Op(')', 'R')), "is called" },
            { Join(Tuple(Thing, Op(')'), Text("0"), Text("cpu"), Integer(1)), Op('Q')), "persistent id" },
            { Join(Tuple(Text("storage"), Thing, Text("0"), Text("cpu"), Integer(1)), Op('Q')), "persistent id" },
            {
                Join(
                    Tuple(Text("storage"), Global("package", "FloatStorage"), Text("0"), Text("cpu"), Integer(1)),
                    Op('Q')
                ),
                "persistent id"
            },
            {
                Join(Tuple(Text("storage"), Global("torch", "FloatStorage"), Thing, Text("cpu"), Integer(1)), Op('Q')),
                "persistent id"
            },
            {
                Join(Tuple(Text("storage"), Global("torch", "FloatStorage"), Text("0"), Text("cpu"), Thing), Op('Q')),
                "persistent id"
            },
            { Join(Thing, Op('Q')), "persistent id" },
            { Rebuild(Thing, Integer(0), Longs(1), Longs(1), [0x89], EmptyOrderedDict), "takes a storage" },
            { Rebuild(StorageOf("0", 1), Thing, Longs(1), Longs(1), [0x89], EmptyOrderedDict), "a tensor takes" },
            { Rebuild(StorageOf("0", 1), Integer(0), Thing, Longs(1), [0x89], EmptyOrderedDict), "a tensor takes" },
            {
                Rebuild(StorageOf("0", 1), Integer(0), Tuple(Thing), Longs(1), [0x89], EmptyOrderedDict),
                "sizes or strides"
            },
            { Rebuild(StorageOf("0", 1), Integer(0), Longs(1), Longs(1), Thing, EmptyOrderedDict), "not understood" },
            { Rebuild(StorageOf("0", 1), Integer(0), Longs(1), Longs(1), [0x89], Thing), "not understood" },
            {
                Rebuild(StorageOf("0", 1), Integer(0), Longs(1), Longs(1), [0x89], EmptyOrderedDict, Thing),
                "not understood"
            },
            { Parameter(Thing, [0x88], EmptyOrderedDict), "takes a tensor" },
            { Parameter(Weight, Thing, EmptyOrderedDict), "not understood" },
            { Parameter(Weight, [0x88], Thing), "not understood" },
            { Parameter(Weight, [0x88], EmptyOrderedDict, Thing), "not understood" },
            { Call(Global("collections", "OrderedDict"), Thing), "OrderedDict takes" },
            { Call(Global("torch", "Size"), Thing), "torch.Size takes" },
            { Join(Thing, Text("x"), [0x93]), "not a string" },
            { GetAttribute(Thing, Text("x")), "'builtins.getattr'" },
            { GetAttribute(Global("package", "Thing"), Text("__init__")), "'builtins.getattr'" },
            { GetAttribute(Global("package", "Thing"), Text("os")), "'builtins.getattr'" },
            { GetAttribute(Global("package", "Thing"), Text("a.b")), "'builtins.getattr'" },
            { GetAttribute(Global("datetime", "datetime"), Text("now")), "'builtins.getattr'" },
            { GetAttribute(Global("torch.nn.modules.module", "Module"), Text("Load")), "'builtins.getattr'" },
            { GetAttribute(Global("builtins", "list"), Text("x")), "'builtins.getattr'" },
            { GetAttribute(Weight, Text("x")), "'builtins.getattr'" },
            { Join(GetAttribute(Global("package", "Thing"), Text("x")), Op(')', 'R')), "is called" },
            { Join(Global("package", "Thing"), Op('N'), [0x81]), "is called" },
            { Join(Op('}', '('), Thing, Op('u')), "without a value" },
            { Join(Op('N'), Thing, Op('a')), "appended" },
            { Call(Global("package", "Thing"), Call(Global("os", "system"), Text("true"))), "'os.system'" },
            { Join(Thing, Dict(("x", Global("builtins", "eval"))), Op('b')), "'builtins.eval'" },
        };

    [Theory]
    [MemberData(nameof(Misused))]
    public void Open_ObjectWhereATensorIsMade_IsRefused(byte[] value, string expected)
    {
        var error = Assert.ThrowsAny<ServingException>(() => Open(Dict(("w", Weight), ("x", value))));

        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ObjectAsKey_IsSkippedUnlessItNamesATensor()
    {
        using var file = Open(Join(Op('}', '('), Text("w"), Weight, Thing, Integer(1), Op('u')));

        Assert.Equal("an object of class package.Thing", Assert.Single(file.Skipped).Name);
        var error = Assert.ThrowsAny<ServingException>(() => Open(Join(Op('}', '('), Thing, Weight, Op('u'))));
        Assert.Contains("as a key", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_WholeObject_SaysToSaveTheStateDict(bool inDict)
    {
        var error = Assert.ThrowsAny<ServingException>(() => Open(inDict ? Dict(("model", Thing)) : Thing));

        Assert.Contains("'package.Thing'", error.Message, StringComparison.Ordinal);
        Assert.Contains("state_dict()", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Objects in objects, a quarter of a million times: as much as the limit of steps allows.</summary>
    [Measured]
    [Theory]
    [InlineData("1 of 1")]
    [InlineData("state")]
    [InlineData("classes")]
    public void Open_ObjectsWithoutEnd_CostLittle(string kind)
    {
        var thing = Join(Op('h'), [0], Op(')', 'R'));
        var repeated = kind switch
        {
            "1 of 1" => Join(Op('h'), [0], Op('h'), [1, 0x85], Op('R'), Op('q'), [1], Op('0')),
            "state" => Join(thing, Op('b')),
            _ => [],
        };
        var many = kind == "classes" ? Classes() : Join([.. Enumerable.Repeat(repeated, 160_000)]);
        var start = Join(Global("package", "Thing"), Op('q'), [0], Op('0'), thing, Op('q'), [1]);
        var time = Stopwatch.StartNew();
        var allocated = GC.GetAllocatedBytesForCurrentThread();

        try
        {
            Open(Dict(("x", Join(start, many)), ("w", Weight))).Dispose();
        }
        catch (ServingException error)
        {
            Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        }

        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 96 << 20);
    }

    private static byte[] Classes() =>
        Join([.. Enumerable.Range(0, 100_000).Select(i => Join(Global("package", $"Class{i}"), Op('0')))]);

    private static byte[] Rebuild(params byte[][] arguments) =>
        Call(Global("torch._utils", "_rebuild_tensor_v2"), arguments);

    private static byte[] GetAttribute(params byte[][] arguments) => Call(Global("builtins", "getattr"), arguments);

    private static byte[] Parameter(params byte[][] arguments) =>
        Call(
            Global("torch._utils", arguments.Length == 4 ? "_rebuild_parameter_with_state" : "_rebuild_parameter"),
            arguments
        );

    private static WeightsFile Open(byte[] root) =>
        WeightsFile.Open(
            MappedBytes.Borrow<byte>(
                Archives.Zip(
                    ("a/data.pkl", Whole(root)),
                    ("a/data/0", new byte[4]),
                    ("a/data/1", new byte[16]),
                    ("a/data/2", new byte[8])
                )
            ),
            WeightsLimits.Default
        );
}
