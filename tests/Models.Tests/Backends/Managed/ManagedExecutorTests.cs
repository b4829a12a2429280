using System.Diagnostics;
using System.Runtime.Intrinsics;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.Managed;
using ModelService.Models.Backends.Native;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
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
    [InlineData("mobilenet_v2")]
    [InlineData("mobilenet_v3_large")]
    [InlineData("efficientnet_b0")]
    [InlineData("mnasnet1_0")]
    public void Supports_NetworksOfManySmallLayers_True(string name) =>
        Assert.True(ManagedExecutor.Supports(PlanPasses.ForManaged(Networks.Predefined(name).ToPlan())));

    [Theory]
    [InlineData("""{ "type": "conv2d", "out_channels": 2048, "kernel_size": 7, "padding": 3 }""")] // 100 million each
    [InlineData("""{ "type": "conv2d", "out_channels": 6, "kernel_size": 3, "groups": 3 }""")]
    [InlineData("""{ "type": "max_pool2d", "kernel_size": 3, "ceil_mode": true }""")]
    [InlineData("""{ "type": "avg_pool2d", "kernel_size": 2 }""")]
    [InlineData("""{ "type": "batch_norm2d" }""")]
    [InlineData("""{ "type": "conv2d", "out_channels": 1, "kernel_size": 1, "padding": 2000 }""")] // zeros around it
    public void Supports_LayersThatItDoesNotCompute_False(string layer) =>
        Assert.False(IsSupported(Networks.Of(layer, """{ "type": "adaptive_avg_pool2d", "output_size": 1 }""")));

    // Alone, and where they are fused into a convolution or a linear layer.
    [Theory]
    [InlineData("relu", true)]
    [InlineData("relu6", true)]
    [InlineData("hardtanh", true)]
    [InlineData("hardswish", true)]
    [InlineData("hardsigmoid", true)]
    [InlineData("silu", true)]
    [InlineData("sigmoid", true)]
    [InlineData("leaky_relu", false)]
    [InlineData("elu", false)]
    [InlineData("gelu", false)]
    [InlineData("tanh", false)]
    public void Supports_Activations_ThoseThatItComputes(string type, bool expected)
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
    public void Forward_RandomNetworks_ComputesWhatFloat64Computes()
    {
        var random = TestSeed.Generator();
        for (var i = 0; i < 300; i++)
        {
            var json = RandomNetwork(random);
            var analysis = Networks.Analyze(json);
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            using var parameters = ParameterStore.Create(analysis.StateDict, i, []);
            using var executor = PlanVerification.Build(analysis.ToPlan(), parameters, CPU, Precision.Float32);
            Assert.True(executor is ManagedExecutor, json);
            var input = RandomInputs.Normal(i, [3, .. analysis.Input.Sizes]);
            FillHeapWithNaN();

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

    // Each thread's share ends elsewhere, and comes from another cache.
    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    [InlineData(7, 4)]
    public void Forward_OnSeveralThreads_GivesTheSameBits(int count, int threads)
    {
        var analysis = Networks.Predefined("mobilenet_v3_small");
        using var parameters = ParameterStore.Create(analysis.StateDict, 1, []);
        using var executor = new ManagedExecutor(PlanPasses.ForManaged(analysis.ToPlan()), parameters);
        using var pool = new IntraBatchPool(threads, "parts");
        using var input = RandomInputs.Normal(1, [count, .. analysis.Input.Sizes]);
        using var alone = executor.Forward(input);
        using var last = executor.Forward(input.narrow(0, count - 1, 1));
        Assert.Equal(last.data<float>().ToArray(), alone[count - 1].data<float>().ToArray());

        for (var round = 0; round < 20; round++)
        {
            using var together = executor.Forward(input, pool);
            Assert.Equal(alone.data<float>().ToArray(), together.data<float>().ToArray());
        }
    }

    // Two halves of AVX2 for a vector, and other panels of weights.
    [Fact]
    public async Task Forward_WithoutAvx512_ComputesTheSame()
    {
        const string Off = "DOTNET_EnableAVX512";
        Assert.SkipUnless(Vector512.IsHardwareAccelerated, "This processor, or this process, has no AVX-512.");
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            [
                .. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal)
                    ? [typeof(ManagedExecutorTests).Assembly.Location]
                    : Array.Empty<string>(),
                "-noColor",
                "-method",
                $"{typeof(ManagedExecutorTests).FullName}.{nameof(Forward_RandomNetworks_ComputesWhatFloat64Computes)}",
            ]
        )
        {
            RedirectStandardOutput = true,
            Environment = { [Off] = "0", [$"{Off}F"] = "0" },
        };
        using var process = Process.Start(start)!;

        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", output, StringComparison.Ordinal);
    }

    private static bool IsSupported(string network) =>
        ManagedExecutor.Supports(PlanPasses.ForManaged(Networks.Analyze(network).ToPlan()));

    // Pictures with channels of any number, so that the last vector of a pixel is seldom full.
    private static string RandomNetwork(Random random)
    {
        var (height, width, channels) = (random.Next(1, 24), random.Next(1, 24), random.Next(1, 40));
        var isPicture = random.Next(5) > 0;
        var shape = isPicture ? $"[{channels}, {height}, {width}]" : $"[{height}]";
        var layers = new List<string>();
        for (var (count, h, w) = (random.Next(6), height, width); isPicture && count > 0; count--)
        {
            var layer = RandomLayer(random, ref channels, ref h, ref w);
            layers.AddRange(layer is null ? [] : [layer]);
            if (random.Next(2) == 0)
                layers.Add(RandomActivation(random));
        }

        if (isPicture && random.Next(3) == 0)
            layers.Add("""{ "type": "adaptive_avg_pool2d", "output_size": 1 }""");
        if (isPicture && random.Next(4) > 0)
            layers.Add(Flatten);
        if (!isPicture || layers.Contains(Flatten))
            layers.AddRange([LinearTo(random.Next(1, 70)), RandomActivation(random), Linear]);
        if (layers.Count == 0)
            layers.Add(RandomActivation(random));
        return $$"""{ "input": { "shape": {{shape}} }, "layers": [{{string.Join(", ", layers)}}] }""";
    }

    // Null where it does not fit.
    private static string? RandomLayer(Random random, ref int channels, ref int height, ref int width)
    {
        var (kernel, stride, padding, dilation) = (
            random.Next(1, 6),
            random.Next(1, 3),
            random.Next(3),
            random.Next(1, 3)
        );
        switch (random.Next(6))
        {
            case 0: // a block, as in ResNet
                return $$"""
                    { "type": "residual", "body": [{{Convolution(channels, 3, 1, 1, 1)}}, {{RandomActivation(random)}},
                      {{Convolution(channels, 1, 1, 0, 1)}}] }
                    """;
            case 1: // squeeze and excitation
                return $$"""
                    { "type": "gate", "body": [{ "type": "adaptive_avg_pool2d", "output_size": 1 },
                      {{Convolution(random.Next(1, 20), 1, 1, 0, 1)}}, { "type": "relu" },
                      {{Convolution(channels, 1, 1, 0, 1)}}, { "type": "sigmoid" }] }
                    """;
            case 2 when height >= 3 && width >= 3:
                (height, width) = (Slid(height, 3, stride, 1, 1), Slid(width, 3, stride, 1, 1));
                return $$"""{ "type": "max_pool2d", "kernel_size": 3, "stride": {{stride}}, "padding": 1 }""";
            default:
                var (h, w) = (
                    Slid(height, kernel, stride, padding, dilation),
                    Slid(width, kernel, stride, padding, dilation)
                );
                if (h < 1 || w < 1)
                    return null;
                (height, width) = (h, w);
                var isDepthwise = random.Next(2) == 0 && channels > 1;
                channels = isDepthwise ? channels : random.Next(1, 70);
                return Convolution(channels, kernel, stride, padding, dilation, isDepthwise ? channels : 1)
                    + (random.Next(3) == 0 ? """, { "type": "batch_norm2d" }""" : "");
        }
    }

    private static string Convolution(
        int channels,
        int kernel,
        int stride,
        int padding,
        int dilation,
        int groups = 1
    ) =>
        $$"""
            { "type": "conv2d", "out_channels": {{channels}}, "kernel_size": {{kernel}}, "stride": {{stride}},
              "padding": {{padding}}, "dilation": {{dilation}}, "groups": {{groups}},
              "bias": {{(channels % 2 > 0 ? "true" : "false")}} }
            """;

    private static string LinearTo(int features) => $$"""{ "type": "linear", "out_features": {{features}} }""";

    private static string RandomActivation(Random random)
    {
        string[] types = ["relu", "relu6", "hardtanh", "hardswish", "hardsigmoid", "silu", "sigmoid"];
        return $$"""{ "type": "{{types[random.Next(types.Length)]}}" }""";
    }

    private static int Slid(int size, int kernel, int stride, int padding, int dilation) =>
        size + (2 * padding) - (dilation * (kernel - 1)) - 1 is var room and >= 0 ? (room / stride) + 1 : 0;

    // What was left in memory is to play no part.
    private static void FillHeapWithNaN()
    {
        var memory = Enumerable
            .Range(4, 17)
            .Select(bits => FloatMemory.Of(Enumerable.Repeat(float.NaN, 1 << bits).ToArray()))
            .ToList();
        memory.ForEach(each => each.Dispose());
    }
}
