using ModelService.Models.Errors;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

public sealed class StateDictMatchTests
{
    private static readonly TensorSpec[] Net =
    [
        new("body.weight", [4, 3], false),
        new("body.num_batches_tracked", [], true),
        new("head.weight", [10, 4], false),
        new("head.bias", [10], false),
    ];

    private static readonly TensorSpec[] Auxiliary = [new("aux.weight", [10, 4], false), new("aux.bias", [10], false)];

    [Theory]
    [InlineData("")]
    [InlineData("module.")]
    [InlineData("model.")]
    [InlineData("network.")]
    [InlineData("module.model.")]
    [InlineData("model.module.network.")]
    public void Compare_UniformPrefix_IsLeftOutAndReported(string prefix)
    {
        var report = Compare([
            (prefix + "body.weight", "F32", [4, 3]),
            (prefix + "head.weight", "F32", [10, 4]),
            (prefix + "head.bias", "F32", [10]),
            (prefix + "body.num_batches_tracked", "I64", []),
        ]);

        Assert.True(report.IsMatch);
        Assert.Equal(["body.weight", "body.num_batches_tracked", "head.weight", "head.bias"], report.Loaded);
        Assert.Equal(prefix.Length == 0 ? 0 : 4, report.Renamed.Count);
        if (prefix.Length > 0)
            Assert.Equal(new RenamedTensor(prefix + "body.weight", "body.weight"), report.Renamed[0]);
    }

    [Fact]
    public void Compare_PrefixOnSomeNamesOnly_StaysAndMismatches()
    {
        var report = Compare([
            ("module.body.weight", "F32", [4, 3]),
            ("head.weight", "F32", [10, 4]),
            ("head.bias", "F32", [10]),
        ]);

        Assert.Empty(report.Renamed);
        Assert.Equal(["module.body.weight"], report.Unexpected);
    }

    [Theory]
    [InlineData("", 10)]
    [InlineData("module.", 10)]
    [InlineData("", 7)] // as who replaces the classes of the head alone
    public void Compare_TensorsThatOnlyTrainingUses_AreKeptAsTheyAre(string prefix, int outputs)
    {
        var report = Compare(
            Net,
            [
                (prefix + "body.weight", "F32", [4, 3]),
                (prefix + "head.weight", "F32", [10, 4]),
                (prefix + "head.bias", "F32", [10]),
                (prefix + "aux.weight", "F32", [outputs, 4]),
                (prefix + "aux.bias", "F32", [outputs]),
            ],
            Auxiliary
        );

        Assert.True(report.IsMatch);
        Assert.Empty(report.Unexpected);
        Assert.Equal(["aux.weight", "aux.bias"], report.Kept.Select(tensor => tensor.Name));
        Assert.Equal([outputs, 4], report.Kept[0].Shape);
        Assert.DoesNotContain("aux.weight", report.Loaded);
    }

    [Fact]
    public void Compare_TrainingTensorOfAnotherKind_IsUnexpected()
    {
        var report = Compare(
            Net,
            [
                ("body.weight", "F32", [4, 3]),
                ("head.weight", "F32", [10, 4]),
                ("head.bias", "F32", [10]),
                ("aux.weight", "F32", [10, 5]),
                ("aux.bias", "F32", [10, 1]),
            ],
            Auxiliary
        );

        Assert.False(report.IsMatch);
        Assert.Equal(["aux.weight", "aux.bias"], report.Unexpected);
        Assert.Empty(report.Kept);
    }

    [Fact]
    public void Compare_TrainingTensorThatWouldFillTheMemory_IsUnexpected()
    {
        var shape = TensorGeometry.Contiguous([(1 << 24) + 1, 4])!;
        using var none = MappedBytes.Borrow<float>(Memory<float>.Empty);
        var large = new StoredTensor("aux.weight", WeightsDtype.Float32, shape, none, 0);

        var report = StateDictMatch.Compare([], [large], training: Auxiliary);

        Assert.Equal(["aux.weight"], report.Unexpected);
    }

    [Fact]
    public void Compare_PrefixThatTheArchitectureHasItself_Stays()
    {
        var report = Compare([new("model.w", [1], false)], [("module.model.w", "F32", [1])]);

        Assert.True(report.IsMatch);
        Assert.Equal([new RenamedTensor("module.model.w", "model.w")], report.Renamed);
    }

    [Fact]
    public void Compare_TensorsBesideThePrefix_AreNoMismatch()
    {
        var report = Compare([
            ("net.body.weight", "F32", [4, 3]),
            ("net.head.weight", "F32", [10, 4]),
            ("net.head.bias", "F32", [10]),
            ("criterion.weight", "F32", [10]),
        ]);

        report.ThrowIfMismatched();
        Assert.Equal(["criterion.weight"], report.Unexpected);
        Assert.Equal(3, report.Renamed.Count);
    }

    [Fact]
    public void Compare_CounterAndCopyBesideOwnNames_AreNoMismatch()
    {
        (string, string, long[])[] own =
        [
            ("body.weight", "F32", [4, 3]),
            ("head.weight", "F32", [10, 4]),
            ("head.bias", "F32", [10]),
        ];

        var report = Compare([
            .. own,
            .. own.Select(tensor => ("ema." + tensor.Item1, tensor.Item2, tensor.Item3)),
            ("n_averaged", "I64", []),
        ]);

        report.ThrowIfMismatched();
        Assert.Equal(3, report.Loaded.Count);
        Assert.Equal(4, report.Unexpected.Count);
        Assert.Empty(report.Renamed);
        Assert.False(Compare([.. own, ("logit_scale", "F32", [])]).IsMatch);
        Assert.False(Compare([.. own, ("queue", "I64", [4])]).IsMatch);
        Assert.False(Compare([.. own, ("other.alpha", "F32", [1])]).IsMatch);
    }

    [Fact]
    public void ThrowIfMismatched_TensorsBesideThePrefix_AreNotTheReason()
    {
        var report = Compare([
            ("net.body.weight", "F32", [4, 3]),
            ("net.head.weight", "F32", [10, 4]),
            ("net.other.bias", "F32", [10]),
            ("criterion.weight", "F32", [10]),
        ]);

        var error = Assert.ThrowsAny<ServingException>(() => report.ThrowIfMismatched());

        Assert.Equal(["/head.bias", "/net.other.bias"], error.Errors.Select(item => item.Pointer));
        Assert.DoesNotContain("criterion", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ThrowIfMismatched_TwoPrefixes_AskForOneEvenInPart()
    {
        (string, string, long[])[] both =
        [
            .. ((string[])["q.", "k."]).SelectMany(prefix =>
                new[]
                {
                    (prefix + "body.weight", "F32", new long[] { 4, 3 }),
                    (prefix + "head.weight", "F32", new long[] { 10, 4 }),
                    (prefix + "head.bias", "F32", new long[] { 10 }),
                }
            ),
        ];

        var error = Assert.ThrowsAny<ServingException>(() => Compare(both).ThrowIfMismatched(allowPartial: true));

        Assert.Contains(
            "more than one prefix: 'q.' (3 tensors), 'k.' (3 tensors)",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Compare_MissingCounter_IsNoMismatch()
    {
        var report = Compare([
            ("body.weight", "F32", [4, 3]),
            ("head.weight", "F32", [10, 4]),
            ("head.bias", "F32", [10]),
        ]);

        report.ThrowIfMismatched();
        Assert.Equal(["body.num_batches_tracked"], report.Missing);
    }

    [Fact]
    public void Compare_OtherDtypes_AreReported()
    {
        TensorSpec[] expected = [new("w", [1], false), new("n", [], true), new("v", [1], false)];

        var report = Compare(expected, [("w", "F16", [1]), ("n", "I32", [1]), ("v", "F32", [1])]);

        Assert.True(report.IsMatch);
        Assert.Equal(
            [new ConvertedTensor("w", "float16", "float32"), new ConvertedTensor("n", "int32", "int64")],
            report.DtypeConverted
        );
    }

    [Fact]
    public void ThrowIfMismatched_OtherHead_SaysSo()
    {
        var report = Compare([
            ("body.weight", "F32", [4, 3]),
            ("head.weight", "F32", [7, 4]),
            ("head.bias", "F32", [7]),
        ]);

        var error = Assert.ThrowsAny<ServingException>(() => report.ThrowIfMismatched());

        Assert.Equal(ErrorCode.WeightsMismatch, error.Code);
        Assert.Equal(
            "The weights don't fit the architecture: 2 tensors have another shape ('head.weight' is [7, 4], not "
                + "[10, 4], 'head.bias' is "
                + "[7], not [10]). Only the head differs: it has 7 outputs in the file and 10 in the "
                + "architecture. Change the architecture's "
                + "number of classes, or load with allow_partial to begin with a random head.",
            error.Message
        );
        Assert.Equal(["/head.weight", "/head.bias"], error.Errors.Select(item => item.Pointer));
    }

    [Fact]
    public void ThrowIfMismatched_SameShapesUnderOtherNames_SaysSo()
    {
        var report = Compare([("a.weight", "F32", [4, 3]), ("b.weight", "F32", [10, 4]), ("b.bias", "F32", [10])]);

        var error = Assert.ThrowsAny<ServingException>(() => report.ThrowIfMismatched());

        Assert.Contains(
            "3 tensors are missing ('body.weight', 'head.weight', 'head.bias')",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("3 tensors are unexpected", error.Message, StringComparison.Ordinal);
        Assert.Contains("'a.weight' corresponds to 'body.weight'", error.Message, StringComparison.Ordinal);
        Assert.Equal(6, error.Errors.Count);
    }

    [Fact]
    public void ThrowIfMismatched_ManyTensors_NamesAFew()
    {
        var expected = Enumerable.Range(0, 161).Select(i => new TensorSpec($"t{i}", [2], false)).ToArray();

        var error = Assert.ThrowsAny<ServingException>(() =>
            Compare(expected, [("other", "F32", [1])]).ThrowIfMismatched()
        );

        Assert.Equal(
            "The weights don't fit the architecture: 161 tensors are missing ('t0', 't1', 't2' and 158 more); "
                + "1 tensor is unexpected ('other').",
            error.Message
        );
    }

    private static WeightsReport Compare((string Name, string Dtype, long[] Shape)[] stored) => Compare(Net, stored);

    private static WeightsReport Compare(
        TensorSpec[] expected,
        (string Name, string Dtype, long[] Shape)[] stored,
        TensorSpec[]? training = null
    )
    {
        var offset = 0L;
        var entries = stored.Select(tensor =>
        {
            var begin = offset;
            offset +=
                tensor.Shape.Aggregate(1L, (a, b) => a * b)
                * (
                    tensor.Dtype switch
                    {
                        "I64" => 8,
                        "F16" => 2,
                        _ => 4,
                    }
                );
            return Archives.Entry(tensor.Name, tensor.Dtype, $"[{string.Join(',', tensor.Shape)}]", begin, offset);
        });
        var header = $"{{{string.Join(',', entries)}}}";
        using var file = new TemporaryFile(Archives.Safetensors(header, new byte[offset]));
        using var weights = WeightsFile.Open(file.Path, WeightsLimits.Default);
        return StateDictMatch.Compare(expected, weights.Tensors, training: training);
    }
}
