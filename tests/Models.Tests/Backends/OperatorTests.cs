using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;
using UpsampleMode = ModelService.Models.Graph.UpsampleMode;

namespace ModelService.Models.Tests.Backends;

/// <summary>
/// Every operator gives the same numbers eagerly and by a plan, also those that no layer emits yet, and also between
/// other operators, where passes and layouts come into play.
/// </summary>
public sealed class OperatorTests
{
    private static readonly Shape Picture = new(6, 8, 10);
    private static readonly Shape Series = new(6, 20);
    private static readonly Shape Volume = new(4, 5, 6, 7);

    private static readonly (string Name, Shape Input, Func<GraphBuilder, Value, Value> Build)[] Graphs =
    [
        .. Enum.GetValues<ActivationKind>()
            .Select(kind => ($"activation {kind}", Picture, Single(new ActivationOperator(Function(kind))))),
        ("sum", Picture, (graph, x) => graph.Add("b", new AddOperator(), x, Convolve(graph, "a", x, 6))),
        ("sum with itself", Picture, (graph, x) => graph.Add("b", new AddOperator(), x, x)),
        ("product", Picture, (graph, x) => graph.Add("b", new MultiplyOperator(), Convolve(graph, "a", x, 6), x)),
        ("product of channels", Picture, Excite),
        ("product from the left", Picture, (graph, x) => graph.Add("b", new MultiplyOperator(), Mean(graph, x), x)),
        ("product of rows", Picture, Outer),
        ("prelu", Picture, Single(new PreluOperator("p.weight"))),
        ("parameter times", Picture, Single(new ParameterOperator("p.scale", [6, 1, 1], ParameterUse.Multiply))),
        ("parameter times tokens", Series, Single(new ParameterOperator("p.scale", [20], ParameterUse.Multiply))),
        ("parameter plus", Series, Single(new ParameterOperator("p.places", [1, 6, 20], ParameterUse.Add))),
        ("parameter before", Series, Single(new ParameterOperator("p.token", [1, 1, 20], ParameterUse.Prepend))),
        ("roll", Picture, Single(new RollOperator([0, -2, 3]))),
        ("attention", Series, (graph, x) => Attend(graph, x, new AttentionOperator(2, 0.4))),
        ("attention in groups", Volume, (graph, x) => Attend(graph, Grouped(graph, x), new AttentionOperator(1, 0.4))),
        .. new[] { (false, false), (true, false), (false, true), (true, true) }.Select(form =>
            (
                $"attention in windows {form}",
                new Shape(4, 6, 8),
                (Func<GraphBuilder, Value, Value>)((graph, x) => AttendInWindows(graph, x, form.Item1, form.Item2))
            )
        ),
        ("logarithm of softmax", Picture, Single(new SoftmaxOperator(1) { IsLogarithm = true })),
        ("stochastic depth", Picture, Single(new DropoutOperator(0.5, WholeChannels: false) { WholeInputs = true })),
        ("dropout", Picture, Single(new DropoutOperator(0.5, WholeChannels: false))),
        ("softmax", Picture, Single(new SoftmaxOperator(1))),
        ("softmax from the last", Picture, Single(new SoftmaxOperator(-2))),
        ("reshape", Picture, Single(new ReshapeOperator(new Shape(12, 40)))),
        ("permute", Picture, Single(new PermuteOperator([0, 2, 3, 1]))),
        ("permute before a convolution", Picture, (graph, x) => Convolve(graph, "b", Turn(graph, x), 16)),
        ("permute before a linear layer", Picture, (graph, x) => Linear(graph, "b", Turn(graph, x), 6)),
        ("permute after a convolution", Picture, (graph, x) => Turn(graph, Convolve(graph, "a", x, 16))),
        ("permute before a reshape", Picture, Shuffle),
        ("slice", Picture, Single(new SliceOperator(1, 2, 3))),
        ("slice of a side", Picture, Single(new SliceOperator(3, 4, 6))),
        ("slices of one value", Picture, Split),
        ("concat", Picture, (graph, x) => graph.Add("b", new ConcatOperator(), x, Convolve(graph, "a", x, 5), x)),
        ("pad", Picture, Single(new PadOperator([(1, 2), (0, 3), (4, 0)], PaddingMode.Zeros))),
        .. new[] { PaddingMode.Reflect, PaddingMode.Replicate, PaddingMode.Circular }.Select(mode =>
            ($"pad {mode}", Picture, Single(new PadOperator([(0, 0), (1, 3), (2, 0)], mode)))
        ),
        ("batch norm", Picture, Single(new BatchNormOperator(new Norm("n", 1e-3, Affine: true, Momentum: 0.1)))),
        ("batch norm, fixed", Series, Single(new BatchNormOperator(new Norm("n", 1e-3, Affine: false, Momentum: 0.1)))),
        ("group norm", Picture, Single(new GroupNormOperator(3, 1e-3, "n.weight", "n.bias"))),
        ("layer norm", Series, Single(new LayerNormOperator([20], 1e-3, "l.weight", null))),
        ("local response norm", Picture, Single(new LocalResponseNormOperator(3, 0.5, 0.75, 2))),
        ("max pool 1d", Series, Single(new MaxPoolOperator(Pool(1, ceil: true)))),
        ("max pool 2d", Picture, Single(new MaxPoolOperator(Pool(2, ceil: true) with { Dilation = [2, 1] }))),
        ("max pool 3d", Volume, Single(new MaxPoolOperator(Pool(3)))),
        ("mean pool 1d", Series, Single(new AvgPoolOperator(Pool(1), CountIncludePad: false, null))),
        ("mean pool 2d", Picture, Single(new AvgPoolOperator(Pool(2, ceil: true), CountIncludePad: true, 5))),
        ("mean pool 3d", Volume, Single(new AvgPoolOperator(Pool(3), CountIncludePad: true, 7))),
        ("adaptive max pool 1d", Series, Single(new AdaptivePoolOperator([3], IsMax: true))),
        ("adaptive max pool 2d", Picture, Single(new AdaptivePoolOperator([3, 2], IsMax: true))),
        ("adaptive max pool 3d", Volume, Single(new AdaptivePoolOperator([3, 2, 2], IsMax: true))),
        ("upsample 1d", Series, Single(new UpsampleOperator([33], null, UpsampleMode.Nearest, false))),
        ("upsample 1d, linear", Series, Single(new UpsampleOperator([33], null, UpsampleMode.Linear, true))),
        ("upsample 2d", Picture, Single(new UpsampleOperator([7, 31], null, UpsampleMode.Nearest, false))),
        ("upsample 2d, bilinear", Picture, Single(new UpsampleOperator([7, 31], null, UpsampleMode.Bilinear, false))),
        ("upsample 2d, bicubic", Picture, Single(new UpsampleOperator([7, 31], null, UpsampleMode.Bicubic, true))),
        ("upsample 3d", Volume, Single(new UpsampleOperator([9, 4, 5], null, UpsampleMode.Nearest, false))),
        (
            "upsample 3d, trilinear",
            Volume,
            Single(new UpsampleOperator([9, 4, 5], null, UpsampleMode.Trilinear, false))
        ),
        ("adaptive mean pool 1d", Series, Single(new AdaptivePoolOperator([3], IsMax: false))),
        ("adaptive mean pool 2d", Picture, Single(new AdaptivePoolOperator([3, 2], IsMax: false))),
        ("adaptive mean pool 3d", Volume, Single(new AdaptivePoolOperator([3, 2, 2], IsMax: false))),
        ("convolution 1d", Series, (graph, x) => Convolve(graph, "b", x, 16)),
        ("convolution 2d", Picture, (graph, x) => Convolve(graph, "b", x, 16)),
        ("convolution 3d", Volume, (graph, x) => Convolve(graph, "b", x, 16)),
        ("filter", Picture, Filter),
        ("linear", Picture, (graph, x) => Linear(graph, "b", x, 10)),
    ];

    public static TheoryData<string> Names => [.. Graphs.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_Operator_GivesTheSameByAllExecutors(string name)
    {
        var (_, shape, build) = Graphs.Single(item => item.Name == name);
        Compare(shape, build);
    }

    // A convolution and an activation before and after: what passes would fuse, overwrite, pad or tile.
    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_OperatorAmongOthers_GivesTheSameByAllExecutors(string name)
    {
        var (_, shape, build) = Graphs.Single(item => item.Name == name);
        Compare(
            shape,
            (graph, x) =>
            {
                var channels = shape.Sizes[0];
                x = Relu(graph, Convolve(graph, "before", x, channels));
                var result = Relu(graph, build(graph, x));
                return result.Shape.Rank == shape.Rank ? Convolve(graph, "after", result, 16) : result;
            }
        );
    }

    [Fact]
    public void Graphs_AllOperators_AreThere()
    {
        // Only plans with 8-bit integers have these two: QuantizedOperatorTests.
        var tried = Graphs
            .SelectMany(item => Graph(item.Input, item.Build).Operators)
            .Select(item => item.GetType())
            .Append(typeof(QuantizeOperator))
            .Append(typeof(DequantizeOperator));

        Assert.Equal(
            typeof(Operator).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Operator)) && !type.IsAbstract),
            tried.Distinct(),
            (IEnumerable<Type> all, IEnumerable<Type> some) => all.ToHashSet().SetEquals(some)
        );
    }

    private static void Compare(Shape shape, Func<GraphBuilder, Value, Value> build)
    {
        var graph = Graph(shape, build);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var parameters = ParameterStore.Create(Specs(graph), seed: 1, []);
        foreach (var values in parameters.StateDict.Values.Where(values => values.dtype != ScalarType.Int64))
            values.uniform_(0.2, 0.7); // variances, scales and weights of every norm and layer
        using var inFloat64 = parameters.CopyTo(CPU, ScalarType.Float64);
        using var reference = new EagerExecutor(graph, inFloat64);
        using var eager = new EagerExecutor(graph, parameters);
        foreach (var forCpu in new[] { true, false })
        {
            // The passes for a GPU, computed here, try channels_last.
            using var plan = new TorchScriptExecutor(
                WithoutGpuKernels(PlanPasses.Compile(graph, new PlanTarget(Precision.Float32, forCpu))),
                parameters,
                Precision.Float32,
                CPU
            );
            foreach (var count in new[] { 1, 3 })
            {
                var input = RandomInputs.Normal(seed: count, [count, .. shape.Sizes]);
                var expected = reference.Forward(input.to(float64));
                Assert.Equal([count, .. graph.Output.Shape.Sizes], expected.shape);
                FreeMemory.FillWithNaN();
                AssertClose("eager", expected, eager.Forward(input.clone()));
                AssertClose($"plan for {(forCpu ? "CPU" : "GPU")}, {count}", expected, plan.Forward(input.clone()));
            }
        }
    }

    // Two kernels of plans for GPUs exist there alone, where each plan is compared. All else runs on the CPU, too.
    private static Plan WithoutGpuKernels(Plan plan) =>
        plan with
        {
            Operators =
            [
                .. plan.Operators.Select(item =>
                    item is WeightedOperator { KernelKind: KernelKind.Cudnn or KernelKind.Depthwise } weighted
                        ? weighted with
                        {
                            KernelKind = KernelKind.Plain,
                        }
                        : item
                ),
            ],
        };

    private static void AssertClose(string by, Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var off = ((actual.to(float64) - expected).abs() / expected.abs().max()).max().item<double>();
        Assert.True(off <= 1e-5, $"{by} is off by {off}");
    }

    private static Plan Graph(Shape shape, Func<GraphBuilder, Value, Value> build)
    {
        var graph = new GraphBuilder(shape);
        return graph.Build(build(graph, graph.Input));
    }

    // The tensors that the operators name.
    private static List<TensorSpec> Specs(Plan graph) =>
        [
            .. graph
                .Operators.SelectMany(item =>
                    item switch
                    {
                        ConvolutionOperator { Weights: NamedWeights } layer =>
                        [
                            ($"{item.Key}.weight", [layer.Channels, item.Input.Shape.Sizes[0], .. layer.Kernel]),
                            ($"{item.Key}.bias", [layer.Channels]),
                        ],
                        LinearOperator layer =>
                        [
                            ($"{item.Key}.weight", [layer.Features, item.Input.Shape.Sizes[^1]]),
                            ($"{item.Key}.bias", [layer.Features]),
                        ],
                        BatchNormOperator or GroupNormOperator => new[]
                        {
                            "weight",
                            "bias",
                            "running_mean",
                            "running_var",
                        }.Select(name => ($"n.{name}", new[] { item.Input.Shape.Sizes[0] })),
                        LayerNormOperator layer => [("l.weight", layer.Sizes)],
                        PreluOperator layer => [(layer.Weight, [item.Input.Shape.Sizes[0]])],
                        ParameterOperator layer => [(layer.Name, layer.Sizes)],
                        AttentionOperator { Bias: { } bias } layer =>
                        [
                            ($"{bias.Key}.relative_position_bias_table", [15, layer.Heads]),
                            ($"{bias.Key}.relative_coords_table", [1, 3, 5, 2]),
                            ($"{bias.Key}.logit_scale", [layer.Heads, 1, 1]),
                            ($"{bias.Key}.cpb_mlp.0.weight", [9, 2]),
                            ($"{bias.Key}.cpb_mlp.0.bias", [9]),
                            ($"{bias.Key}.cpb_mlp.2.weight", [layer.Heads, 9]),
                        ],
                        _ => Array.Empty<(string, long[])>(),
                    }
                )
                .Select(tensor => new TensorSpec(tensor.Item1, tensor.Item2, IsCounter: false)),
        ];

    private static Func<GraphBuilder, Value, Value> Single(Operator item) => (graph, x) => graph.Add("b", item, x);

    private static ActivationFunction Function(ActivationKind kind) =>
        kind switch
        {
            ActivationKind.LeakyRelu or ActivationKind.Elu or ActivationKind.Celu => new(kind, 0.3),
            ActivationKind.Hardtanh => new(kind, -0.4, 0.7),
            ActivationKind.Softplus => new(kind, 2, 3),
            _ => new(kind),
        };

    private static Value Relu(GraphBuilder graph, Value x) =>
        graph.Add("relu", new ActivationOperator(Function(ActivationKind.Relu)), x);

    private static Value Turn(GraphBuilder graph, Value x) => graph.Add("t", new PermuteOperator([0, 3, 1, 2]), x);

    private static Value Mean(GraphBuilder graph, Value x) =>
        graph.Add("m", new AdaptivePoolOperator([1, 1], IsMax: false), x);

    private static Value Linear(GraphBuilder graph, string key, Value x, long features) =>
        graph.Add(
            key,
            new LinearOperator(new NamedWeights($"{key}.weight") { Bias = $"{key}.bias" }) { Features = features },
            x
        );

    private static Value Convolve(GraphBuilder graph, string key, Value x, long channels, long kernel = 3)
    {
        long[] Sizes(long size) => [.. x.Shape.Sizes.Skip(1).Select(_ => size)];
        return graph.Add(
            key,
            new ConvolutionOperator(new NamedWeights($"{key}.weight") { Bias = $"{key}.bias" })
            {
                Channels = channels,
                Kernel = Sizes(kernel),
                Stride = Sizes(1),
                Padding = Sizes(kernel / 2),
                Dilation = Sizes(1),
                Groups = 1,
            },
            x
        );
    }

    private static Value Attend(GraphBuilder graph, Value x, AttentionOperator attention)
    {
        var projected = Linear(graph, "q", x, 3 * 6);
        return graph.Add("b", attention, projected);
    }

    // 4x5 groups of 6 tokens.
    private static Value Grouped(GraphBuilder graph, Value x) =>
        graph.Add("g", new ReshapeOperator(new Shape(20, 6, 7)), x);

    // Windows of 2x3 in a picture of 4x6, channels last.
    private static Value AttendInWindows(GraphBuilder graph, Value x, bool isShifted, bool isContinuous)
    {
        x = graph.Add("g", new ReshapeOperator(new Shape(4, 6, 8)), x);
        var bias = new PositionBias("w", (2, 3))
        {
            IsContinuous = isContinuous,
            Shift = isShifted ? new WindowShift((4, 6), (1, 1)) : null,
        };
        x = graph.Add("c", new ReshapeOperator(new Shape(2, 2, 2, 3, 8)), x);
        x = graph.Add("t", new PermuteOperator([0, 1, 3, 2, 4, 5]), x);
        x = graph.Add("r", new ReshapeOperator(new Shape(4, 6, 8)), x);
        var attention = new AttentionOperator(3, isContinuous ? 1 : 0.5)
        {
            Bias = bias,
            LogitScale = isContinuous ? "w.logit_scale" : null,
        };
        return Attend(graph, x, attention);
    }

    // Squeeze and excitation.
    private static Value Excite(GraphBuilder graph, Value x)
    {
        var squeezed = Relu(graph, Convolve(graph, "s", Mean(graph, x), 4, kernel: 1));
        var scale = graph.Add(
            "g",
            new ActivationOperator(Function(ActivationKind.Sigmoid)),
            Convolve(graph, "e", squeezed, 6, kernel: 1)
        );
        return graph.Add("b", new MultiplyOperator(), x, scale);
    }

    private static Value Outer(GraphBuilder graph, Value x) =>
        graph.Add(
            "b",
            new MultiplyOperator(),
            graph.Add("c", new SliceOperator(3, 1, 1), x),
            graph.Add("r", new SliceOperator(2, 2, 1), x)
        );

    // ShuffleNet's: groups of channels in turn.
    private static Value Shuffle(GraphBuilder graph, Value x)
    {
        var groups = graph.Add("g", new ReshapeOperator(new Shape(2, 3, 8, 10)), x);
        var turned = graph.Add("t", new PermuteOperator([0, 2, 1, 3, 4]), groups);
        return graph.Add("b", new ReshapeOperator(Picture), turned);
    }

    private static Value Split(GraphBuilder graph, Value x)
    {
        var first = Relu(graph, graph.Add("f", new SliceOperator(1, 0, 2), x));
        var second = graph.Add("s", new SliceOperator(1, 2, 4), x);
        var sum = graph.Add("a", new AddOperator(), second, Convolve(graph, "c", second, 4));
        return graph.Add("b", new ConcatOperator(), sum, first);
    }

    private static Value Filter(GraphBuilder graph, Value x) =>
        graph.Add(
            "b",
            new ConvolutionOperator(new FixedWeights([1, 2, 1, 0, 3, 0, -1, -2, -1], 6))
            {
                Channels = 6,
                Kernel = [3, 3],
                Stride = [1, 1],
                Padding = [1, 1],
                Dilation = [1, 1],
                Groups = 6,
            },
            x
        );

    private static PoolGeometry Pool(int rank, bool ceil = false)
    {
        long[] Sizes(long size) => [.. Enumerable.Repeat(size, rank)];
        return new PoolGeometry(Sizes(3), Sizes(2), Sizes(1), Sizes(1), ceil);
    }
}
