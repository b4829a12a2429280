using ModelService.Models.Errors;
using ModelService.Models.Weights;
using ModelService.Models.Weights.Pickle;
using static ModelService.Models.Tests.Weights.Pickles;

namespace ModelService.Models.Tests.Weights;

/// <summary>The arguments of the functions that make tensors: understood, or a reason to refuse the file.</summary>
public sealed class RebuildArgumentTests
{
    [Theory]
    [InlineData("neg", "resolve_neg()")]
    [InlineData("conj", "resolve_conj()")]
    [InlineData("flip", "'flip'")]
    public void Read_MetadataThatChangesTheNumbers_IsRefused(string bit, string expected)
    {
        Assert.Contains(expected, Refusal(Version2(Dict((bit, [0x88])))), StringComparison.Ordinal);
        Assert.Contains(expected, Refusal(Version3(Dict((bit, [0x88])))), StringComparison.Ordinal);
    }

    public static TheoryData<byte[]> Harmless =>
        new() { Op('N'), Op('}'), Dict(("neg", [0x89]), ("conj", [0x89])), EmptyOrderedDict };

    [Theory]
    [MemberData(nameof(Harmless))]
    public void Read_MetadataThatChangesNothing_IsRead(byte[] metadata)
    {
        Assert.IsType<PickleTensor>(Read(Version2(metadata)));
        Assert.IsType<PickleTensor>(Read(Version3(metadata)));
    }

    public static TheoryData<byte[]> NotUnderstood =>
        new()
        {
            Version2(Dict(("neg", Integer(1)))),
            Version2(Text("neg")),
            Version2(Op('N'), Op('N')),
            Version3(Op('N'), Op('N')),
            Function("_rebuild_tensor_v2", [.. Geometry, Text("yes"), EmptyOrderedDict]),
            Function("_rebuild_tensor_v2", [.. Geometry, [0x88], Dict(("hook", Op('N')))]),
            Function("_rebuild_tensor", [.. Geometry, Text("more")]),
            Function("_rebuild_parameter", Function("_rebuild_tensor", Geometry), [0x88], Dict(("hook", Op('N')))),
            Function("_rebuild_parameter", Function("_rebuild_tensor", Geometry), [0x88], EmptyOrderedDict, Op('}')),
        };

    [Theory]
    [MemberData(nameof(NotUnderstood))]
    public void Read_ArgumentThatIsNotUnderstood_IsRefused(byte[] tensor) =>
        Assert.Contains("argument that is not understood", Refusal(tensor), StringComparison.Ordinal);

    private static byte[][] Geometry => [StorageOf("0", 2), Integer(0), Longs(2), Longs(1)];

    private static byte[] Version2(params byte[][] more) =>
        Function("_rebuild_tensor_v2", [.. Geometry, [0x89], EmptyOrderedDict, .. more]);

    private static byte[] Version3(params byte[][] more) =>
        Function("_rebuild_tensor_v3", [.. Geometry, [0x89], EmptyOrderedDict, Global("torch", "float32"), .. more]);

    private static byte[] Function(string name, params byte[][] arguments) =>
        Call(Global("torch._utils", name), arguments);

    private static object? Read(byte[] value) =>
        Unpickler.Read(Whole(value), new PickleSource("data.pkl"), WeightsLimits.Default, [], out _);

    private static string Refusal(byte[] value)
    {
        var error = Assert.ThrowsAny<ServingException>(() => Read(value));
        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        return error.Message;
    }
}
