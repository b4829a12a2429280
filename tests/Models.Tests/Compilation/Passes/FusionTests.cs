using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Compilation.Passes;

/// <summary>The operators that the passes change, and those that they leave alone. No tensors are involved.</summary>
public sealed class FusionTests
{
    private const string Conv = """{ "type": "conv2d", "out_channels": 64, "kernel_size": 3, "padding": 1 }""";
    private const string Norm = """{ "type": "batch_norm2d" }""";
    private const string Relu = """{ "type": "relu" }""";

    [Fact]
    public void Compile_ConvolutionNormActivation_BecomesOneOperator()
    {
        var item = Assert.IsType<ConvolutionOperator>(
            Assert.Single(Compile(Conv, Norm, """{ "type": "dropout" }""", """{ "type": "identity" }""", Relu))
        );

        Assert.Equal("1", Assert.Single(item.Weights.Norms).Key);
        Assert.Equal(ActivationKind.Relu, item.Activation!.Kind);
        Assert.Equal("0", item.Key);
    }

    [Fact]
    public void Compile_LinearAndNorm_AreFolded() =>
        Assert.Single(
            Compile(
                    """{ "type": "flatten" }""",
                    """{ "type": "linear", "out_features": 4 }""",
                    """{ "type": "batch_norm1d" }"""
                )
                .OfType<LinearOperator>()
                .Single()
                .Weights.Norms
        );

    [Fact]
    public void Compile_NormOverAnotherDimensionThanLinear_Stays() =>
        Assert.Contains(
            Compile(
                """{ "type": "flatten", "start_dim": 2 }""",
                """{ "type": "linear", "out_features": 4 }""",
                """{ "type": "batch_norm1d" }"""
            ),
            item => item is BatchNormOperator
        );

    [Fact]
    public void Compile_ActivationBeforeNorm_KeepsTheNorm() =>
        Assert.Collection(
            Compile(Conv, Relu, Norm),
            item => Assert.Equal(ActivationKind.Relu, Weighted(item).Activation!.Kind),
            item => Assert.IsType<BatchNormOperator>(item)
        );

    [Fact]
    public void Compile_TwoActivations_FusesTheFirstOnly() =>
        Assert.Collection(
            Compile(Conv, Relu, """{ "type": "tanh" }"""),
            item => Assert.Equal(ActivationKind.Relu, Weighted(item).Activation!.Kind),
            item => Assert.IsType<ActivationOperator>(item)
        );

    [Fact]
    public void Compile_ResultReadTwice_IsNotFusedWithOneReader()
    {
        // The first convolution's result goes into the body and around it.
        var operators = Compile(Conv, Residual(body: [Norm, Relu]));

        Assert.Collection(
            operators,
            item => Assert.Empty(Weighted(item).Weights.Norms),
            item => Assert.IsType<BatchNormOperator>(item),
            item => Assert.IsType<ActivationOperator>(item),
            item => Assert.IsType<AddOperator>(item)
        );
    }

    [Fact]
    public void Compile_Residual_AddsInTheConvolution()
    {
        var operators = Compile(Conv, Residual(body: [Conv, Norm], activation: "relu"));

        Assert.Equal(2, operators.Count);
        var sum = Weighted(operators[1]);
        Assert.Equal([operators[0].Output], sum.Inputs.Skip(1));
        Assert.Equal(ActivationKind.Relu, sum.Activation!.Kind);
    }

    [Fact]
    public void Compile_ActivationBeforeTheSum_IsNotPassedByIt()
    {
        var operators = Compile(Conv, Residual(body: [Conv, Relu]));

        Assert.Collection(
            operators,
            _ => { },
            item => Assert.False(Weighted(item).HasAddend),
            item => Assert.IsType<AddOperator>(item)
        );
    }

    [Fact]
    public void Compile_BodyThatIsTheInput_AddsItToItself() =>
        Assert.IsType<AddOperator>(Compile(Conv, Residual(body: ["""{ "type": "identity" }"""]))[1]);

    [Fact]
    public void FuseSums_DifferentShapes_StayApart()
    {
        // The language has no sums that spread out; a pass that is given one must leave it.
        var (input, narrow) = (new Value(0, new(16, 8, 8)), new Value(1, new(16, 1, 1)));
        var (product, sum) = (new Value(2, new(16, 8, 8)), new Value(3, new(16, 8, 8)));
        var plan = new Plan(
            input,
            [
                new AdaptivePoolOperator([1, 1], IsMax: false)
                {
                    Key = "0",
                    Inputs = [input],
                    Output = narrow,
                },
                new LinearOperator(new NamedWeights("1.weight"))
                {
                    Key = "1",
                    Inputs = [input],
                    Output = product,
                    Features = 8,
                },
                new AddOperator
                {
                    Key = "2",
                    Inputs = [product, narrow],
                    Output = sum,
                },
            ],
            sum
        );

        Assert.Equal(3, FuseSums.Apply(plan).Operators.Count);
    }

    // oneDNN must know the caches for the wide ones, and computes wrongly what does not fill a block.
    [Theory]
    [InlineData(64, 112, true, false)]
    [InlineData(64, 112, false, false)]
    [InlineData(512, 112, true, false)]
    [InlineData(512, 112, false, true)]
    [InlineData(100, 112, true, true)]
    [InlineData(512, 28, true, true)]
    [InlineData(64, 28, true, true)] // too few multiplications for what a convolution costs to call,
    [InlineData(48, 28, true, false)] // but a product would have to be filled up
    public void Compile_PointwiseConvolution_IsAMatrixProductWhereThatIsBetterOrSafer(
        int channels,
        int side,
        bool cachesAreShown,
        bool isProduct
    )
    {
        var network = Networks.Analyze(
            $$"""
            { "input": { "shape": [64, {{side}}, {{side}}] },
              "layers": [{ "type": "conv2d", "out_channels": {{channels}}, "kernel_size": 1 }] }
            """
        );

        var route = PlanPasses
            .Compile(network.ToPlan(), new PlanTarget(Precision.Float32, ForCpu: true, cachesAreShown))
            .Operators.OfType<ConvolutionOperator>()
            .Single()
            .KernelKind;

        Assert.Equal(isProduct ? KernelKind.AsLinear : KernelKind.Fused, route);
    }

    [Fact]
    public void Compile_PointwiseConvolution_BecomesLinear()
    {
        Assert.Equal(KernelKind.AsLinear, Route("""{ "type": "conv2d", "out_channels": 512, "kernel_size": 1 }"""));
        Assert.Equal(KernelKind.Fused, Route(Conv));
        Assert.Equal(
            KernelKind.Fused,
            Route("""{ "type": "conv2d", "out_channels": 512, "kernel_size": 1, "padding": 1 }""")
        );
    }

    [Fact]
    public void Compile_AddendThatNothingReadsLater_IsFree()
    {
        var operators = Compile(Conv, Residual(body: [Conv, Conv]));

        Assert.True(Weighted(operators[2]).IsAddendFree);
    }

    [Theory]
    // A pool's result is not a view, but the results of other functions may be.
    [InlineData("""{ "type": "max_pool2d", "kernel_size": 3, "stride": 1, "padding": 1 }""")]
    [InlineData("""{ "type": "identity" }""")] // the addend is what the convolution reads
    public void Compile_AddendThatMayBeReadOtherwise_IsNotFree(string before)
    {
        var sum = Compile(Conv, Residual(body: [before, Conv])).OfType<ConvolutionOperator>().Last();

        Assert.True(sum.HasAddend);
        Assert.False(sum.IsAddendFree);
    }

    [Fact]
    public void Compile_AddendThatIsTheNetworksInput_IsNotFree()
    {
        var plan = PlanPasses.Compile(
            Networks
                .Analyze($$"""{ "input": { "shape": [64, 16, 16] }, "layers": [{{Residual(body: [Conv, Conv])}}] }""")
                .ToPlan(),
            new PlanTarget(Precision.Float32, ForCpu: true)
        );

        var sum = plan.Operators.OfType<ConvolutionOperator>().Last();
        Assert.Equal(plan.Input, sum.Inputs[1]);
        Assert.False(sum.IsAddendFree);
    }

    [Fact]
    public void Compile_AddendThatALaterSumReads_IsNotFree()
    {
        // Two sums around each other: the inner one adds what the outer one adds as well.
        var operators = Compile(Conv, Residual(body: [Residual(body: [Conv, Conv]), Conv]));

        Assert.Equal(
            [false, true],
            operators.OfType<ConvolutionOperator>().Where(item => item.HasAddend).Select(item => item.IsAddendFree)
        );
    }

    [Fact]
    public void Compile_GroupsThatOneDnnComputesWrongly_AreLeftToLibtorch()
    {
        Assert.Equal(
            KernelKind.Fused,
            Route("""{ "type": "conv2d", "out_channels": 3, "kernel_size": 3, "groups": 3 }""")
        );
        Assert.Equal(
            KernelKind.Plain,
            Route("""{ "type": "conv2d", "out_channels": 6, "kernel_size": 3, "groups": 3 }""")
        );
    }

    [Fact]
    public void Compile_ChannelsThatDontFillABlock_AreFilledUp()
    {
        var operators = Compile("""{ "type": "conv2d", "out_channels": 84, "kernel_size": 3 }""", Conv);

        Assert.Equal(
            ["ConvolutionOperator", "PadOperator", "ConvolutionOperator"],
            operators.Select(item => item.GetType().Name)
        );
        Assert.Equal(12, Weighted(operators[2]).Weights.PadIn);
        Assert.Equal(96, operators[1].Output.Shape.Sizes[0]);
    }

    [Fact]
    public void Compile_ValueReadLater_IsNotOverwritten()
    {
        // The input of the sum's activation is its own; that of the body's is read by the sum.
        var operators = Compile(Norm, Residual(body: [Relu], activation: "relu"));

        Assert.False(Assert.IsType<ActivationOperator>(operators[1]).IsInPlace);
        Assert.True(Assert.IsType<ActivationOperator>(operators[3]).IsInPlace);
    }

    [Theory]
    [InlineData("resnet50", "layer2.3.conv3")] // before the first layers that have more weights than activations
    [InlineData("mobilenet_v2", "features.14.conv.1.0")]
    [InlineData("alexnet", null)] // all of its activations fit into the cache
    public void Compile_LargeActivations_ComputesInPairsUpToWhereWeightsAreLarger(string network, string? last)
    {
        var plan = PlanPasses.Compile(
            PredefinedArchitectures.Find(network)!.Analyze(new ArchitectureLimits()).ToPlan(),
            new PlanTarget(Precision.Float32, ForCpu: true)
        );

        Assert.Equal(last, plan.Operators.Take(plan.OperatorsInPairs).LastOrDefault()?.Key);
    }

    [Theory]
    // The last convolution has more weights than activations, and adds the first one's result.
    [InlineData(1, Norm, Conv)]
    [InlineData(4, Norm, Relu)]
    public void Compile_ValueReadBehindThePairs_IsNotLeftInThem(int inPairs, params string[] body)
    {
        var plan = PlanPasses.Compile(
            Networks.Analyze(Networks.Of(Conv, Residual(body), Conv)).ToPlan(),
            new PlanTarget(Precision.Float32, ForCpu: true)
        );

        Assert.Equal(inPairs, TileBatch.Apply(plan, large: 1).OperatorsInPairs);
    }

    private static IReadOnlyList<Operator> Compile(params string[] layers) =>
        PlanPasses
            .Compile(Networks.Analyze(Networks.Of(layers)).ToPlan(), new PlanTarget(Precision.Float32, ForCpu: true))
            .Operators;

    private static KernelKind Route(string layer) => Weighted(Assert.Single(Compile(layer))).KernelKind;

    private static WeightedOperator Weighted(Operator item) => Assert.IsType<WeightedOperator>(item, exactMatch: false);

    private static string Residual(string[] body, string? activation = null)
    {
        var ending = activation is null ? "" : $", \"activation\": \"{activation}\"";
        return $$"""{ "type": "residual", "body": [{{string.Join(", ", body)}}]{{ending}} }""";
    }
}
