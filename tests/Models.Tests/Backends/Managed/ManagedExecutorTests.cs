using System.Buffers;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.Managed;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends.Managed;

/// <summary>Small networks, which are computed without libtorch.</summary>
public sealed class ManagedExecutorTests
{
    private const string Conv = """{ "type": "conv2d", "out_channels": 4, "kernel_size": 3 }""";
    private const string Flatten = """{ "type": "flatten" }""";
    private const string Linear = """{ "type": "linear", "out_features": 3 }""";

    [Theory]
    [InlineData(Precision.Float32, typeof(ManagedExecutor))]
    [InlineData(Precision.BFloat16, typeof(TorchScriptExecutor))]
    public void Build_TheLessonsNetwork_IsManagedInFloat32(Precision precision, Type expected)
    {
        var lesson = Networks.Fixture("lesson");
        using var parameters = ParameterStore.Create(lesson.StateDict, 1, []);
        using var executor = PlanVerification.Build(lesson.ToPlan(), parameters, CPU, precision);

        Assert.IsType(expected, executor);
    }

    [Theory]
    [InlineData("""{ "type": "conv2d", "out_channels": 256, "kernel_size": 5 }""")] // 3 million multiplications
    [InlineData("""{ "type": "conv2d", "out_channels": 3, "kernel_size": 3, "groups": 3 }""")]
    [InlineData("""{ "type": "max_pool2d", "kernel_size": 2, "padding": 1 }""")]
    [InlineData("""{ "type": "max_pool2d", "kernel_size": 3, "ceil_mode": true }""")]
    [InlineData("""{ "type": "avg_pool2d", "kernel_size": 2 }""")]
    [InlineData("""{ "type": "batch_norm2d" }""")]
    [InlineData(
        """{ "type": "residual", "body": [{ "type": "conv2d", "out_channels": 3, "kernel_size": 3, "padding": 1 }] }"""
    )]
    public void Supports_LayersThatItDoesNotCompute_False(string layer) =>
        Assert.False(IsSupported(Networks.Of(layer, Flatten, Linear)));

    // Alone, and where they are fused into a convolution or a linear layer.
    [Theory]
    [InlineData("relu", true)]
    [InlineData("relu6", false)]
    [InlineData("leaky_relu", false)]
    [InlineData("elu", false)]
    [InlineData("gelu", false)]
    [InlineData("silu", false)]
    [InlineData("hardswish", false)]
    [InlineData("sigmoid", false)]
    [InlineData("tanh", false)]
    public void Supports_Activations_OnlyRelu(string type, bool expected)
    {
        var activation = $$"""{ "type": "{{type}}" }""";

        Assert.Equal(expected, IsSupported(Networks.Of(activation, Flatten, Linear)));
        Assert.Equal(expected, IsSupported(Networks.Of(Conv, activation, Flatten, Linear)));
        Assert.Equal(expected, IsSupported(Networks.Of(Conv, Flatten, Linear, activation, Linear)));
    }

    [Fact]
    public void Supports_FewMultiplicationsOfALargePicture_False() =>
        Assert.False(
            IsSupported(
                """
                { "input": { "shape": [1, 8192, 8192] },
                  "layers": [{ "type": "max_pool2d", "kernel_size": 8192 }, { "type": "flatten" },
                  { "type": "linear", "out_features": 3 }] }
                """
            )
        );

    [Fact]
    public void Forward_RandomSmallNetworks_ComputesWhatFloat64Computes()
    {
        var random = TestSeed.Generator();
        for (var i = 0; i < 200; i++)
        {
            var (analysis, json) = RandomSmallNetwork(random);
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            using var parameters = ParameterStore.Create(analysis.StateDict, i, []);
            using var executor = PlanVerification.Build(analysis.ToPlan(), parameters, CPU, Precision.Float32);
            Assert.True(executor is ManagedExecutor, json);
            var input = RandomInputs.Normal(i, [3, .. analysis.Input.Sizes]);
            FillPoolWithNaN();

            var scores = executor.Forward(input);

            // Sums of at most some thousand float32 products, in another order than libtorch's.
            using var exact = parameters.CopyTo(CPU, ScalarType.Float64);
            using var reference = new EagerExecutor(analysis.ToPlan(), exact);
            var wanted = reference.Forward(input.to(float64));
            var off = ((scores.to(float64) - wanted).abs() / wanted.abs().clamp_min(1)).max().item<double>();
            Assert.True(off <= 1e-5, $"case {i} is off by {off}: {json}");
        }
    }

    [Fact]
    public void Run_NaNInOneInput_StaysInItsScores()
    {
        using var model = new CompiledModel(
            Networks.Analyze(
                Networks.Of(
                    Conv,
                    """{ "type": "relu" }""",
                    """{ "type": "max_pool2d", "kernel_size": 2 }""",
                    Flatten,
                    Linear
                )
            ),
            seed: 1,
            [],
            CPU
        );
        var inputs = new float[2 * model.InputCount];
        inputs[model.InputCount + 100] = float.NaN;

        var scores = model.Run(inputs, 2);

        Assert.All(scores[..3], score => Assert.True(float.IsFinite(score)));
        Assert.All(scores[3..], score => Assert.Equal(float.NaN, score));
    }

    [Fact]
    public async Task Run_ManyThreadsAtOnce_GivesEachItsOwnScores()
    {
        using var model = new CompiledModel(Networks.Fixture("lesson"), seed: 1, [], CPU);
        var inputs = Enumerable
            .Range(0, 8)
            .Select(number =>
                Enumerable.Range(0, model.InputCount).Select(i => (float)Math.Sin(i * (number + 1))).ToArray()
            )
            .ToArray();
        var alone = inputs.Select(input => model.Run(input, 1)).ToArray();

        await Parallel.ForAsync(
            0,
            400,
            (i, _) =>
            {
                Assert.Equal(alone[i % 8], model.Run(inputs[i % 8], 1));
                return ValueTask.CompletedTask;
            }
        );
    }

    private static bool IsSupported(string network) =>
        ManagedExecutor.Supports(PlanPasses.Fuse(Networks.Analyze(network).ToPlan()));

    // The first network of at most a million multiplications; one in some hundreds has more.
    private static (ArchitectureAnalysis Analysis, string Json) RandomSmallNetwork(Random random) =>
        Enumerable
            .Range(0, 10)
            .Select(_ => RandomNetwork(random))
            .Select(json => (Analysis: Networks.Analyze(json), json))
            .First(network =>
                network.Analysis.ToPlan().Operators.OfType<WeightedOperator>().Sum(item => item.Macs) <= 1_000_000
            );

    private static string RandomNetwork(Random random)
    {
        var (height, width, layers) = (random.Next(1, 24), random.Next(1, 24), new List<string>());
        var isPicture = random.Next(5) > 0;
        for (var (count, h, w) = (random.Next(4), height, width); isPicture && count > 0; count--)
        {
            var (kernel, stride, padding, dilation) = (
                random.Next(1, 4),
                random.Next(1, 3),
                random.Next(3),
                random.Next(1, 3)
            );
            var (nextHeight, nextWidth) = (
                Slid(h, kernel, stride, padding, dilation),
                Slid(w, kernel, stride, padding, dilation)
            );
            if (nextHeight < 1 || nextWidth < 1)
                continue;
            (h, w) = (nextHeight, nextWidth);
            layers.Add(
                $$"""
                { "type": "conv2d", "out_channels": {{random.Next(1, 20)}}, "kernel_size": {{kernel}},
                  "stride": {{stride}}, "padding": {{padding}}, "dilation": {{dilation}},
                  "bias": {{(random.Next(2) > 0 ? "true" : "false")}} }
                """
            );
            if (random.Next(3) == 0)
                layers.Add("""{ "type": "batch_norm2d" }""");
            if (random.Next(2) == 0)
                layers.Add("""{ "type": "relu" }""");
            if (random.Next(2) == 0 && h >= 2 && w >= 3)
            {
                layers.Add("""{ "type": "max_pool2d", "kernel_size": [2, 3], "stride": [1, 2] }""");
                (h, w) = (h - 1, ((w - 3) / 2) + 1);
                if (random.Next(2) == 0)
                    layers.Add("""{ "type": "relu" }""");
            }
        }

        if (isPicture && random.Next(4) > 0)
            layers.Add(Flatten);
        if (!isPicture || layers.Contains(Flatten))
        {
            layers.AddRange([
                $$"""{ "type": "linear", "out_features": {{random.Next(1, 40)}} }""",
                """{ "type": "relu" }""",
                Linear,
            ]);
        }

        if (layers.Count == 0)
            layers.Add("""{ "type": "relu" }""");
        var shape = isPicture ? $"[{random.Next(1, 4)}, {height}, {width}]" : $"[{height}]";
        return $$"""{ "input": { "shape": {{shape}} }, "layers": [{{string.Join(", ", layers)}}] }""";
    }

    private static int Slid(int size, int kernel, int stride, int padding, int dilation) =>
        size + (2 * padding) - (dilation * (kernel - 1)) - 1 is var room and >= 0 ? (room / stride) + 1 : 0;

    // What was left in a buffer is to play no part.
    private static void FillPoolWithNaN()
    {
        var buffers = Enumerable.Range(4, 14).Select(bits => ArrayPool<float>.Shared.Rent(1 << bits)).ToList();
        foreach (var buffer in buffers)
        {
            Array.Fill(buffer, float.NaN);
            ArrayPool<float>.Shared.Return(buffer);
        }
    }
}
