using ModelService.Models.Backends;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Int8;

/// <summary>
/// Layers that compute with 8-bit integers, compared with the arithmetic of whole numbers: at most one step apart,
/// since oneDNN rounds halves and multiplies scales in its own order.
/// </summary>
public sealed class QuantizedOperatorTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Forward_Convolution_IsThatOfWholeNumbers(int seed)
    {
        var random = new Random(seed);
        var groups = random.Next(4) switch
        {
            0 => 2,
            1 => 8,
            _ => 1,
        };
        var (channelsIn, channelsOut) = (groups * random.Next(1, 12), groups * random.Next(1, 40));
        var kernel = random.Next(1, 4);
        var side = random.Next(kernel, 14);
        var (stride, padding, dilation) = (random.Next(1, 3), random.Next(0, (kernel + 1) / 2 + 1), 1);
        var graph = new GraphBuilder(new Shape(channelsIn, side, side + 1));
        var convolution = new ConvolutionOperator(new NamedWeights("c.weight") { Bias = "c.bias" })
        {
            Channels = channelsOut,
            Kernel = [kernel, kernel],
            Stride = [stride, stride],
            Padding = [padding, padding],
            Dilation = [dilation, dilation],
            Groups = groups,
        };
        var output = graph.Add("c", convolution, graph.Input);
        LayerQuantization formats = new(
            QuantizedFormat.Covering(random.Next(2) * -1.3, 2),
            QuantizedFormat.Covering(random.Next(2) * -2, 2.5)
        );
        if (random.Next(2) == 0)
            output = graph.Add("relu", new ActivationOperator(new ActivationFunction(ActivationKind.Relu)), output);
        var plan = graph.Build(output);

        AssertWholeNumbers(
            plan,
            (ConvolutionOperator)plan.Operators[0],
            formats,
            [channelsOut, channelsIn / groups, kernel, kernel],
            seed
        );
    }

    [Theory]
    [InlineData(16, 3, false)]
    [InlineData(16, 3, true)]
    [InlineData(20, 1, true)]
    [InlineData(7, 1, false)]
    [InlineData(33, 3, true)]
    public void Forward_Sum_IsThatOfWholeNumbers(int channels, int kernel, bool isAddendReadLater)
    {
        var graph = new GraphBuilder(new Shape(channels, 9, 8));
        var left = graph.Add("a", Square("a", channels, kernel), graph.Input);
        var right = graph.Add("b", Square("b", channels, 1), graph.Input);
        var sum = graph.Add(
            "relu",
            new ActivationOperator(new ActivationFunction(ActivationKind.Relu)),
            graph.Add("sum", new AddOperator(), left, right)
        );
        if (isAddendReadLater)
            sum = graph.Add("concat", new ConcatOperator(), sum, right);
        var plan = graph.Build(sum);
        QuantizedFormat input = new(0.02, 128),
            addend = new(0.013, 120),
            output = new(0.017, 0);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        TensorSpec[] specs =
        [
            .. new[] { "a", "b" }.SelectMany(key =>
                new TensorSpec[]
                {
                    new($"{key}.weight", [channels, channels, Size(key), Size(key)], false)
                    {
                        Initialization = new Initialization.Uniform(0.1),
                    },
                    new($"{key}.bias", [channels], false) { Initialization = new Initialization.Uniform(0.1) },
                }
            ),
        ];
        using var parameters = ParameterStore.Create(specs, seed: 1, []);
        var quantization = new Quantization(
            new Dictionary<string, LayerQuantization>
            {
                ["a.weight"] = new(input, output) { Addend = addend },
                ["b.weight"] = new(input, addend),
            },
            new Dictionary<string, float[]>()
        );
        using var executor = PlanVerification.Build(plan, parameters, CPU, Precision.Float32, quantization);
        var integers = randint(0, 256, [3, .. plan.Input.Shape.Sizes], dtype: ScalarType.Float64);

        var result = executor.Forward(((integers - input.ZeroPoint) * input.Scale).to(ScalarType.Float32));

        var second = Rounded(Convolve("b"), addend);
        var expected = Rounded((Convolve("a") + second).relu(), output);
        if (isAddendReadLater)
            expected = cat([expected, second], 1);
        Assert.Equal(expected.shape, result.shape);
        var largest = (result - expected).abs().max().item<double>();
        Assert.True(largest < 1.001 * output.Scale, $"{largest / output.Scale} steps");

        long Size(string key) => key == "a" ? kernel : 1;

        Tensor Convolve(string key)
        {
            var weight = Int8Weight.Round(parameters[$"{key}.weight"]);
            var sums = nn.functional.conv2d(
                integers - input.ZeroPoint,
                weight.ToTensor().to(ScalarType.Float64),
                null,
                [1, 1],
                [Size(key) / 2, Size(key) / 2]
            );
            var scales = tensor(weight.Scales).to(ScalarType.Float64).reshape(1, -1, 1, 1);
            return (sums * scales * input.Scale) + parameters[$"{key}.bias"].reshape(1, -1, 1, 1);
        }

        static Tensor Rounded(Tensor real, QuantizedFormat format) =>
            (((real / format.Scale).round() + format.ZeroPoint).clamp(0, 255) - format.ZeroPoint) * format.Scale;
    }

    private static ConvolutionOperator Square(string key, int channels, int kernel) =>
        new(new NamedWeights($"{key}.weight") { Bias = $"{key}.bias" })
        {
            Channels = channels,
            Kernel = [kernel, kernel],
            Stride = [1, 1],
            Padding = [kernel / 2, kernel / 2],
            Dilation = [1, 1],
            Groups = 1,
        };

    private static void AssertWholeNumbers(
        Plan plan,
        ConvolutionOperator convolution,
        LayerQuantization formats,
        long[] shape,
        int seed
    )
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        TensorSpec[] specs =
        [
            new("c.weight", shape, false) { Initialization = new Initialization.Uniform(0.3) },
            new("c.bias", [shape[0]], false) { Initialization = new Initialization.Uniform(0.3) },
        ];
        using var parameters = ParameterStore.Create(specs, seed, []);
        var quantization = new Quantization(
            new Dictionary<string, LayerQuantization> { ["c.weight"] = formats },
            new Dictionary<string, float[]>()
        );
        using var executor = PlanVerification.Build(plan, parameters, CPU, Precision.Float32, quantization);

        // On the grid of the format, so that there is nothing to round.
        var integers = randint(0, 256, [3, .. plan.Input.Shape.Sizes], dtype: ScalarType.Float64);
        var input = ((integers - formats.Input.ZeroPoint) * formats.Input.Scale).to(ScalarType.Float32);

        var result = executor.Forward(input);

        var expected = Reference(plan, convolution, formats, parameters, integers);
        Assert.Equal(expected.shape, result.shape);
        var largest = (result - expected).abs().max().item<double>();
        Assert.True(largest < 1e-3 * formats.Output.Scale, $"{largest / formats.Output.Scale} steps: {convolution}");
    }

    // Exact: whole numbers below 2^53 in float64.
    private static Tensor Reference(
        Plan plan,
        ConvolutionOperator item,
        LayerQuantization formats,
        ParameterStore parameters,
        Tensor integers
    )
    {
        var rounded = Int8Weight.Round(parameters["c.weight"]);
        var scales = tensor(rounded.Scales).to(ScalarType.Float64).reshape(1, -1, 1, 1);
        var sums = nn.functional.conv2d(
            integers - formats.Input.ZeroPoint,
            rounded.ToTensor().to(ScalarType.Float64),
            null,
            item.Stride,
            item.Padding,
            item.Dilation,
            item.Groups
        );
        var real = (sums * scales * formats.Input.Scale) + parameters["c.bias"].reshape(1, -1, 1, 1);
        return plan.Operators.Count > 1 ? real.relu() : real;
    }
}
