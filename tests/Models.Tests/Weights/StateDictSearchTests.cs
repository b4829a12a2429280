using ModelService.Models.Errors;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;
using static ModelService.Models.Tests.Weights.Pickles;

namespace ModelService.Models.Tests.Weights;

/// <summary>Which dict of a checkpoint holds the weights.</summary>
public sealed class StateDictSearchTests
{
    private static readonly TensorSpec[] Network = [new("w", [1], false), new("b", [2], false)];

    private static byte[] Whole => Dict(("w", Tensor(1)), ("b", Tensor(2)));

    [Theory]
    [InlineData("module")]
    [InlineData("params")]
    [InlineData("ema")]
    [InlineData("teacher")]
    [InlineData("network_state.inner")]
    [InlineData("a.b.c.d")]
    public void Find_OneDictWithTensors_IsTakenWhateverItsName(string path)
    {
        var root = Whole;
        foreach (var key in path.Split('.').Reverse())
            root = Dict(("epoch", Integer(3)), (key, root), ("config", Dict(("lr", Integer(1)))));

        using var file = Open(root);

        Assert.Equal(path, file.Wrapper);
        Assert.Equal(["w", "b"], file.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Find_TensorsOfAnOptimizerAndACallback_DontHinder()
    {
        var moments = Join(Op('}', '('), Integer(0), Dict(("exp_avg", Tensor(1)), ("exp_avg_sq", Tensor(1))), Op('u'));
        var named = Dict(("w", Dict(("exp_avg", Tensor(1)))), ("b", Dict(("exp_avg", Tensor(2)))));
        using var file = Open(
            Dict(
                ("optimizer", Dict(("state", moments))),
                ("optimizer2", Dict(("state", named))),
                ("callbacks", Dict(("ModelCheckpoint", Dict(("best_model_score", Tensor(1)))))),
                ("rng_state", Tensor(8)),
                ("net", Whole)
            )
        );

        Assert.Equal("net", file.Wrapper);
    }

    [Fact]
    public void Find_SeveralDictsThatFit_AreNamedAndChosen()
    {
        var root = Dict(("model", Whole), ("model_ema", Dict(("module", Whole), ("n_averaged", Tensor(1)))));

        var message = Refusal(root);

        Assert.Contains("'model' (2 tensors), 'model_ema.module' (2 tensors)", message, StringComparison.Ordinal);
        Assert.Contains("(state_dict=model,", message, StringComparison.Ordinal);
        Assert.Equal("model", Chosen(root, "model"));
        Assert.Equal("model_ema.module", Chosen(root, "model_ema.module"));
        Assert.Equal("model_ema.module", Chosen(root, "model_ema"));
        Assert.Contains("no state dict 'mode'. It has 'model'", Refusal(root, "mode"), StringComparison.Ordinal);
        Assert.Contains("no state dict 'ema.module'", Refusal(root, "ema.module"), StringComparison.Ordinal);
    }

    [Fact]
    public void Find_SeveralDictsOfWhichOneFits_TakesIt()
    {
        var other = Dict(("x", Tensor(1)), ("y", Tensor(2)), ("z", Tensor(3)));

        using var file = Open(Dict(("generator", other), ("discriminator", Whole)));

        Assert.Equal("discriminator", file.Wrapper);
    }

    [Fact]
    public void Find_SeveralDictsWithTheSameNames_TakesTheOneWithTheShapes()
    {
        using var file = Open(Dict(("small", Dict(("w", Tensor(3)), ("b", Tensor(4)))), ("large", Whole)));

        Assert.Equal("large", file.Wrapper);
    }

    [Fact]
    public void Find_SeveralDictsWithoutANetwork_TakesTheOneWithMostTensors()
    {
        var root = Dict(
            ("stats", Dict(("mean", Tensor(1)))),
            ("model", Dict(("a", Tensor(1)), ("b", Tensor(1)), ("c", Tensor(1))))
        );

        using var file = Open(root, network: null);

        Assert.Equal("model", file.Wrapper);
    }

    [Fact]
    public void Find_TensorsBesideAStateDict_AreChosenByADot()
    {
        var root = Dict(("w", Tensor(1)), ("b", Tensor(2)), ("ema", Whole));

        Assert.Contains("'.' (2 tensors), 'ema' (2 tensors)", Refusal(root), StringComparison.Ordinal);
        Assert.Null(Chosen(root, "."));
        Assert.Equal("ema", Chosen(root, "ema"));
    }

    [Fact]
    public void Find_SameDictTwice_IsOne()
    {
        var root = Join(Op('}', '('), Text("state_dict"), Whole, Op('q'), [1], Text("best"), Op('h'), [1], Op('u'));

        using var file = Open(root);

        Assert.Equal("state_dict", file.Wrapper);
    }

    [Fact]
    public void Find_NumbersAndTextsBesideTensors_AreSkippedAndReported()
    {
        var root = Dict(
            ("epoch", Integer(3)),
            ("w", Tensor(1)),
            ("b", Tensor(2)),
            ("classes", Join(Op(']', '('), Text("cat"), Text("dog"), Op('e'))),
            ("config", Dict(("lr", Integer(1)))),
            ("best", Op('N'))
        );
        using var file = Open(root);

        var report = StateDictMatch.Compare(Network, file.Tensors, skipped: file.Skipped);

        Assert.True(report.IsMatch);
        Assert.Equal(
            [
                new SkippedEntry("epoch", "a number"),
                new SkippedEntry("classes", "a list"),
                new SkippedEntry("config", "a dict"),
                new SkippedEntry("best", "None"),
            ],
            report.Skipped
        );
    }

    [Fact]
    public void Compare_NumberInTheNetworksPlace_IsRefused()
    {
        using var file = Open(Dict(("w", Tensor(1)), ("b", Integer(0))));

        var error = Assert.ThrowsAny<ServingException>(() =>
            StateDictMatch.Compare(Network, file.Tensors, skipped: file.Skipped)
        );

        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        Assert.Contains("a number under 'b'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NamedStateDictOfSafetensors_IsRefused()
    {
        var bytes = Archives.Safetensors("{" + Archives.Entry("w", "F32", "[1]", 0, 4) + "}", new byte[4]);

        var error = Assert.ThrowsAny<ServingException>(() => Open(bytes, Network, "ema").Dispose());

        Assert.Contains("leave out state_dict", error.Message, StringComparison.Ordinal);
        Open(bytes, Network, ".").Dispose();
    }

    /// <summary>Much to look through in a file of a few megabytes.</summary>
    [Measured]
    [Theory]
    [InlineData("dicts")]
    [InlineData("long keys")]
    [InlineData("long names")]
    [InlineData("deep")]
    public void Find_InAHostileFile_TakesLittleTime(string kind)
    {
        var name = new string('a', 1 << 20);
        var tensor = Join(Tensor(1), Op('q'), [1], Op('0'), Text(name), Op('q'), [2], Op('0'));
        var many = kind switch
        {
            "dicts" => Repeat(100_000, i => Join(Text($"{i}"), Op('}'), Text("w"), Op('h'), [1], Op('s', 's'))),
            "long keys" => Repeat(100_000, _ => Join(Op('h'), [2], Op('}'), Op('h'), [2], Op('h'), [1], Op('s', 's'))),
            "long names" => Repeat(200_000, _ => Join(Op('h'), [2], Op('N', 's'))),
            _ => Join(Repeat(30_000, _ => Join(Op('h'), [2], Op('}'))), Repeat(30_000, _ => Op('s'))),
        };
        var root = Join(tensor, Op('}'), Text("w"), Op('h'), [1], Op('s'), many);
        var time = System.Diagnostics.Stopwatch.StartNew();

        foreach (var state in (string?[])[null, ".", "x.y"])
        {
            try
            {
                Open(Zip(root), Network, state).Dispose();
            }
            catch (ServingException error)
            {
                Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
                Assert.InRange(error.Message.Length, 1, 2_000);
            }
        }

        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    private static byte[] Repeat(int times, Func<int, byte[]> part) =>
        Join([.. Enumerable.Range(0, times).Select(part)]);

    private static byte[] Tensor(long size) => Pickles.Tensor(StorageOf("0", 8), [size], [1]);

    private static string? Chosen(byte[] root, string name)
    {
        using var file = Open(Zip(root), Network, name);
        return file.Wrapper;
    }

    private static string Refusal(byte[] root, string? name = null)
    {
        var error = Assert.ThrowsAny<ServingException>(() => Open(Zip(root), Network, name).Dispose());
        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        return error.Message;
    }

    private static WeightsFile Open(byte[] root) => Open(root, Network);

    private static WeightsFile Open(byte[] root, TensorSpec[]? network) => Open(Zip(root), network, null);

    private static WeightsFile Open(byte[] content, TensorSpec[]? network, string? name) =>
        WeightsFile.Open(
            MappedBytes.Borrow<byte>(content),
            WeightsLimits.Default,
            new StateDictSearch(network, new WeightsTerms(StateDict: name))
        );

    private static byte[] Zip(byte[] root) =>
        Archives.Zip(("a/data.pkl", Pickles.Whole(root)), ("a/data/0", new byte[32]));
}
