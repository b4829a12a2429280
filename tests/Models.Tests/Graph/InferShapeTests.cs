using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Tests.Graph;

/// <summary>Every operator gives its shape, and refuses inputs that don't fit.</summary>
public sealed class InferShapeTests
{
    private static readonly Norm Norm = new("n", 1e-5, Affine: true, Momentum: 0.1);

    // The operators, the shapes of their inputs, and the shape of their output.
    private static readonly (Operator Item, long[][] Inputs, long[] Output)[] Fitting =
    [
        (
            new ActivationOperator(new ActivationFunction(ActivationKind.Relu)),
            [
                [3, 4],
            ],
            [3, 4]
        ),
        (
            new AddOperator(),
            [
                [3, 4],
                [3, 4],
            ],
            [3, 4]
        ),
        (
            new MultiplyOperator(),
            [
                [3, 4, 5],
                [3, 1, 1],
            ],
            [3, 4, 5]
        ),
        (
            new MultiplyOperator(),
            [
                [1, 4, 1],
                [3, 1, 5],
            ],
            [3, 4, 5]
        ),
        (
            new QuantizeOperator(new QuantizedFormat(1, 0)),
            [
                [3, 4],
            ],
            [3, 4]
        ),
        (
            new DequantizeOperator(new QuantizedFormat(1, 0)),
            [
                [3, 4],
            ],
            [3, 4]
        ),
        (
            new PreluOperator("w"),
            [
                [3, 4],
            ],
            [3, 4]
        ),
        (
            new ParameterOperator("w", [3, 1, 1], ParameterUse.Multiply),
            [
                [3, 4, 5],
            ],
            [3, 4, 5]
        ),
        (
            new ParameterOperator("w", [1, 4, 5], ParameterUse.Add),
            [
                [4, 5],
            ],
            [4, 5]
        ),
        (
            new ParameterOperator("w", [1, 1, 5], ParameterUse.Prepend),
            [
                [4, 5],
            ],
            [5, 5]
        ),
        (
            new RollOperator([-1, 2, 0]),
            [
                [3, 4, 5],
            ],
            [3, 4, 5]
        ),
        (
            new AttentionOperator(2, 1),
            [
                [7, 12],
            ],
            [7, 4]
        ),
        (
            new AttentionOperator(2, 1) { Bias = Bias(isShifted: true) },
            [
                [4, 6, 12],
            ],
            [4, 6, 4]
        ),
        (
            new DropoutOperator(0.5, WholeChannels: true),
            [
                [3, 4],
            ],
            [3, 4]
        ),
        (
            new SoftmaxOperator(1),
            [
                [3],
            ],
            [3]
        ),
        (
            new SoftmaxOperator(-2),
            [
                [3, 4],
            ],
            [3, 4]
        ),
        (
            new ReshapeOperator(new Shape(6, 2)),
            [
                [3, 4],
            ],
            [6, 2]
        ),
        (
            new PermuteOperator([0, 3, 1, 2]),
            [
                [3, 4, 5],
            ],
            [5, 3, 4]
        ),
        (
            new SliceOperator(1, 2, 1),
            [
                [3, 4],
            ],
            [1, 4]
        ),
        (
            new SliceOperator(2, 0, 4),
            [
                [3, 4],
            ],
            [3, 4]
        ),
        (
            new ConcatOperator(),
            [
                [3, 4],
                [1, 4],
                [2, 4],
            ],
            [6, 4]
        ),
        (
            new PadOperator([(1, 2), (0, 3)], PaddingMode.Zeros),
            [
                [3, 4],
            ],
            [6, 7]
        ),
        (
            new PadOperator([(0, 0), (3, 2)], PaddingMode.Reflect),
            [
                [3, 4],
            ],
            [3, 9]
        ),
        (
            new PadOperator([(0, 0), (4, 4)], PaddingMode.Circular),
            [
                [3, 4],
            ],
            [3, 12]
        ),
        (
            new PadOperator([(0, 0), (9, 0)], PaddingMode.Replicate),
            [
                [3, 4],
            ],
            [3, 13]
        ),
        (
            new BatchNormOperator(Norm),
            [
                [3, 4],
            ],
            [3, 4]
        ),
        (
            new GroupNormOperator(2, 1e-5, null, null),
            [
                [4, 5],
            ],
            [4, 5]
        ),
        (
            new LayerNormOperator([4, 5], 1e-5, null, null),
            [
                [3, 4, 5],
            ],
            [3, 4, 5]
        ),
        (
            new LocalResponseNormOperator(2, 1, 1, 1),
            [
                [3, 4],
            ],
            [3, 4]
        ),
        (
            new MaxPoolOperator(Pool(3, stride: 2, padding: 1)),
            [
                [3, 5, 4],
            ],
            [3, 3, 2]
        ),
        (
            new MaxPoolOperator(Pool(2, stride: 2, ceil: true)),
            [
                [3, 5, 4],
            ],
            [3, 3, 2]
        ),
        (
            new MaxPoolOperator(Pool(2, stride: 1, dilation: 3)),
            [
                [3, 5, 4],
            ],
            [3, 2, 1]
        ),
        (
            new AvgPoolOperator(Pool(2, stride: 2), true, 3),
            [
                [3, 5, 4],
            ],
            [3, 2, 2]
        ),
        (
            new AdaptivePoolOperator([7, 1], IsMax: true),
            [
                [3, 5, 4],
            ],
            [3, 7, 1]
        ),
        (
            new UpsampleOperator([7, 1], 1.5, UpsampleMode.Bicubic, false),
            [
                [3, 5, 4],
            ],
            [3, 7, 1]
        ),
        (
            new UpsampleOperator([8], null, UpsampleMode.Linear, true),
            [
                [3, 5],
            ],
            [3, 8]
        ),
        (
            Convolution(),
            [
                [4, 5, 6],
            ],
            [8, 5, 6]
        ),
        (
            Convolution() with
            {
                Groups = 4,
                Stride = [2, 3],
                Dilation = [2, 1],
            },
            [
                [4, 5, 6],
            ],
            [8, 2, 2]
        ),
        (
            new LinearOperator(new NamedWeights("w")) { Features = 7 },
            [
                [3, 4],
            ],
            [3, 7]
        ),
    ];

    private static readonly (Operator Item, long[][] Inputs)[] Misfitting =
    [
        (
            new AddOperator(),
            [
                [3, 4],
                [3, 1],
            ]
        ),
        (
            new AddOperator(),
            [
                [3, 4],
            ]
        ),
        (
            new AddOperator(),
            [
                [3],
                [3],
                [3],
            ]
        ),
        (
            new MultiplyOperator(),
            [
                [3, 4],
                [2, 4],
            ]
        ),
        (
            new MultiplyOperator(),
            [
                [3, 4],
                [3],
            ]
        ),
        (
            new MultiplyOperator(),
            [
                [3],
            ]
        ),
        (
            new SoftmaxOperator(0),
            [
                [3],
            ]
        ),
        (
            new SoftmaxOperator(2),
            [
                [3],
            ]
        ),
        (
            new SoftmaxOperator(-2),
            [
                [3],
            ]
        ),
        (
            new ReshapeOperator(new Shape(5, 2)),
            [
                [3, 4],
            ]
        ),
        (
            new PermuteOperator([1, 0, 2]),
            [
                [3, 4],
            ]
        ),
        (
            new PermuteOperator([0, 1, 1]),
            [
                [3, 4],
            ]
        ),
        (
            new PermuteOperator([0, 1]),
            [
                [3, 4],
            ]
        ),
        (
            new PermuteOperator([]),
            [
                [3, 4],
            ]
        ),
        (
            new SliceOperator(0, 0, 1),
            [
                [3, 4],
            ]
        ),
        (
            new SliceOperator(3, 0, 1),
            [
                [3, 4],
            ]
        ),
        (
            new SliceOperator(1, 2, 2),
            [
                [3, 4],
            ]
        ),
        (
            new SliceOperator(1, -1, 2),
            [
                [3, 4],
            ]
        ),
        (
            new SliceOperator(1, 1, 0),
            [
                [3, 4],
            ]
        ),
        (
            new ConcatOperator(),
            [
                [3, 4],
                [3, 5],
            ]
        ),
        (
            new ConcatOperator(),
            [
                [3, 4],
                [3],
            ]
        ),
        (
            new PadOperator([(0, 1)], PaddingMode.Zeros),
            [
                [3, 4],
            ]
        ),
        (
            new PadOperator([(0, 0), (-1, 0)], PaddingMode.Zeros),
            [
                [3, 4],
            ]
        ),
        (
            new PadOperator([(0, 1), (0, 0)], PaddingMode.Replicate),
            [
                [3, 4],
            ]
        ),
        (
            new PadOperator([(0, 0), (4, 0)], PaddingMode.Reflect),
            [
                [3, 4],
            ]
        ),
        (
            new PadOperator([(0, 0), (0, 5)], PaddingMode.Circular),
            [
                [3, 4],
            ]
        ),
        (
            new GroupNormOperator(2, 1e-5, null, null),
            [
                [3, 5],
            ]
        ),
        (
            new LayerNormOperator([4], 1e-5, null, null),
            [
                [4, 5],
            ]
        ),
        (
            new LayerNormOperator([3, 4, 5], 1e-5, null, null),
            [
                [4, 5],
            ]
        ),
        (
            new LayerNormOperator([], 1e-5, null, null),
            [
                [4, 5],
            ]
        ),
        (
            new LocalResponseNormOperator(2, 1, 1, 1),
            [
                [3],
            ]
        ),
        (
            new MaxPoolOperator(Pool(2, stride: 1)),
            [
                [3, 5],
            ]
        ),
        (
            new MaxPoolOperator(Pool(5, stride: 1)),
            [
                [3, 5, 4],
            ]
        ),
        (
            new MaxPoolOperator(Pool(2, stride: 1, padding: 2)),
            [
                [3, 5, 4],
            ]
        ),
        (
            new MaxPoolOperator(Pool(2, stride: 1) with { Stride = [1] }),
            [
                [3, 5, 4],
            ]
        ),
        (
            new AvgPoolOperator(Pool(2, stride: 1, dilation: 2), true, null),
            [
                [3, 5, 4],
            ]
        ),
        (
            new AvgPoolOperator(new PoolGeometry([2], [2], [0], [1], false), true, 3),
            [
                [3, 5],
            ]
        ),
        (
            new AdaptivePoolOperator([2], IsMax: false),
            [
                [3, 5, 4],
            ]
        ),
        (
            new AdaptivePoolOperator([2, 0], IsMax: false),
            [
                [3, 5, 4],
            ]
        ),
        (
            new UpsampleOperator([7], null, UpsampleMode.Nearest, false),
            [
                [3, 5, 4],
            ]
        ),
        (
            new UpsampleOperator([7, 0], null, UpsampleMode.Nearest, false),
            [
                [3, 5, 4],
            ]
        ),
        (
            new UpsampleOperator([7, 7], null, UpsampleMode.Linear, false),
            [
                [3, 5, 4],
            ]
        ),
        (
            Convolution(),
            [
                [4, 5],
            ]
        ),
        (
            Convolution() with
            {
                Groups = 3,
            },
            [
                [4, 5, 6],
            ]
        ),
        (
            Convolution() with
            {
                Groups = 4,
                Channels = 6,
            },
            [
                [4, 5, 6],
            ]
        ),
        (
            Convolution() with
            {
                Padding = [0, 0],
            },
            [
                [4, 2, 6],
            ]
        ),
        (
            new ParameterOperator("w", [3, 1], ParameterUse.Multiply),
            [
                [3, 4, 5],
            ]
        ),
        (
            new ParameterOperator("w", [1, 3, 5], ParameterUse.Add),
            [
                [4, 5],
            ]
        ),
        (
            new ParameterOperator("w", [1, 1, 4], ParameterUse.Prepend),
            [
                [4, 5],
            ]
        ),
        (
            new RollOperator([0, 0]),
            [
                [3, 4],
            ]
        ),
        (
            new RollOperator([1]),
            [
                [3, 4],
            ]
        ),
        (
            new AttentionOperator(2, 1),
            [
                [12],
            ]
        ),
        (
            new AttentionOperator(2, 1),
            [
                [7, 11],
            ]
        ),
        (
            new AttentionOperator(5, 1),
            [
                [7, 12],
            ]
        ),
        (
            new AttentionOperator(2, 1) { Bias = Bias(isShifted: false) },
            [
                [7, 12],
            ]
        ),
        (
            new AttentionOperator(2, 1) { Bias = Bias(isShifted: true) },
            [
                [3, 6, 12],
            ]
        ),
        (
            Convolution() with
            {
                Dilation = [1],
            },
            [
                [4, 5, 6],
            ]
        ),
    ];

    public static IEnumerable<TheoryDataRow<int>> FittingCases => Rows(Fitting.Select(item => item.Item));

    public static IEnumerable<TheoryDataRow<int>> MisfittingCases => Rows(Misfitting.Select(item => item.Item));

    [Theory]
    [MemberData(nameof(FittingCases))]
    public void InferShape_FittingInputs_GivesTheShape(int index)
    {
        var (item, inputs, expected) = Fitting[index];

        Assert.Equal(expected, With(item, inputs).InferShape().Sizes);
    }

    [Theory]
    [MemberData(nameof(MisfittingCases))]
    public void InferShape_MisfittingInputs_NamesOperatorLayerAndShapes(int index)
    {
        var (item, inputs) = Misfitting[index];

        var error = Assert.Throws<InvalidOperationException>(() => With(item, inputs).InferShape());

        Assert.StartsWith($"{item.GetType().Name} of 'block.1' can't take [", error.Message, StringComparison.Ordinal);
        Assert.All(inputs, shape => Assert.Contains($"[{string.Join(", ", shape)}]", error.Message));
    }

    [Fact]
    public void Fitting_AllOperators_AreThere() =>
        Assert.Equal(
            typeof(Operator).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Operator)) && !type.IsAbstract),
            Fitting.Select(item => item.Item.GetType()).Distinct(),
            (IEnumerable<Type> all, IEnumerable<Type> tried) => all.ToHashSet().SetEquals(tried)
        );

    [Fact]
    public void Add_Operator_TakesItsPlaceInTheGraph()
    {
        var graph = new GraphBuilder(new Shape(3, 4));

        var first = graph.Add("a", new ReshapeOperator(new Shape(12)), graph.Input);
        var second = graph.Add("b", new ActivationOperator(new ActivationFunction(ActivationKind.Tanh)), first);
        var plan = graph.Build(second);

        Assert.Equal([12L], second.Shape.Sizes);
        Assert.Equal([0, 1, 2], [plan.Input.Number, first.Number, plan.Output.Number]);
        Assert.Equal(["a", "b"], plan.Operators.Select(item => item.Key));
        Assert.Same(first, plan.Operators[1].Input);
    }

    private static IEnumerable<TheoryDataRow<int>> Rows(IEnumerable<Operator> items) =>
        items.Select(
            (item, index) => new TheoryDataRow<int>(index) { TestDisplayName = $"{item.GetType().Name} {index}" }
        );

    private static Operator With(Operator item, long[][] inputs) =>
        item with
        {
            Key = "block.1",
            Inputs = [.. inputs.Select((sizes, number) => new Value(number, new Shape(sizes)))],
        };

    // Windows of 2x3, in a picture of 4x6 if they are shifted.
    private static PositionBias Bias(bool isShifted) =>
        new("w", (2, 3)) { Shift = isShifted ? new WindowShift((4, 6), (1, 1)) : null };

    private static PoolGeometry Pool(long size, long stride, long padding = 0, long dilation = 1, bool ceil = false) =>
        new([size, size], [stride, stride], [padding, padding], [dilation, dilation], ceil);

    private static ConvolutionOperator Convolution() =>
        new(new NamedWeights("w"))
        {
            Channels = 8,
            Kernel = [3, 3],
            Stride = [1, 1],
            Padding = [1, 1],
            Dilation = [1, 1],
            Groups = 1,
        };
}
