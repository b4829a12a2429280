using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends.Eager;

/// <summary>The outputs of layers by their paths, and gradients with respect to them.</summary>
public sealed class TapTests : IDisposable
{
    private const string Stem = """
        { "type": "conv2d", "name": "stem", "out_channels": 6, "kernel_size": 3, "padding": 1 },
        { "type": "batch_norm2d", "name": "norm" }
        """;

    private const string Conv1 = """{ "type": "conv2d", "name": "conv1", "out_channels": 20, "kernel_size": 1 }""";
    private const string Conv2 = """{ "type": "conv2d", "name": "conv2", "out_channels": 6, "kernel_size": 1 }""";

    private const string Block = $$"""
        {{Stem}}, { "type": "residual", "name": "block", "activation": "gelu",
        "body": [{{Conv1}}, { "type": "silu", "name": "act" }, {{Conv2}}, { "type": "dropout", "name": "drop" }] }
        """;

    private const string Pool = """{ "type": "avg_pool2d", "name": "pool", "kernel_size": 4 }""";

    private const string Tail = $$"""
        { "type": "sequential", "name": "tail", "layers": [{{Pool}}, { "type": "flatten", "name": "flat" }] },
        { "type": "identity", "name": "nothing" }, { "type": "linear", "name": "fc", "out_features": 4 }
        """;

    // The part of the network that gives the output of each layer, as a network of its own.
    private static readonly Dictionary<string, string> Truncated = new()
    {
        ["stem"] = """{ "type": "conv2d", "name": "stem", "out_channels": 6, "kernel_size": 3, "padding": 1 }""",
        ["norm"] = Stem,
        ["block.conv1"] = $$"""{{Stem}}, { "type": "sequential", "name": "block", "layers": [{{Conv1}}] }""",
        ["block.conv2"] = $$"""
            {{Stem}}, { "type": "sequential", "name": "block", "layers": [{{Conv1}}, { "type": "silu" }, {{Conv2}}] }
            """,
        ["block"] = Block,
        ["block.activation"] = Block,
        ["tail.pool"] = $$"""{{Block}}, { "type": "sequential", "name": "tail", "layers": [{{Pool}}] }""",
        ["nothing"] = $"{Block}, {Pool}, {{ \"type\": \"flatten\" }}",
        ["fc"] = $"{Block}, {Tail}",
    };

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly ParameterStore parameters;
    private readonly EagerExecutor executor;
    private readonly Tensor input = RandomInputs.Normal(seed: 1, [2, 3, 16, 16]).to(float64);

    public TapTests()
    {
        var analysis = Networks.Analyze(Networks.Of(Block, Tail));
        using var stored = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        parameters = stored.CopyTo(CPU, ScalarType.Float64);
        executor = new EagerExecutor(analysis.ToPlan(), parameters);
    }

    public static TheoryData<string> Paths => [.. Truncated.Keys];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Run_TappedLayer_GivesWhatTheNetworkUpToItGives(string path)
    {
        var analysis = Networks.Analyze(Networks.Of(Truncated[path]));
        using var some = ParameterStore.Create(analysis.StateDict, seed: 2, []).CopyTo(CPU, ScalarType.Float64);
        using (no_grad())
        {
            foreach (var (key, values) in some.StateDict)
                values.copy_(parameters[key]);
        }

        using var truncated = new EagerExecutor(analysis.ToPlan(), some);

        using var result = executor.Run(input, EagerMode.Inference, [path]);

        AssertEqual(truncated.Forward(input), result.Taps[path]);
        AssertEqual(executor.Forward(input), result.Output);
    }

    [Fact]
    public void Run_AllLayersTapped_GivesEachAndTheSameOutput()
    {
        // The same path twice, and a layer that does nothing beside the one before it.
        string[] paths = [.. Truncated.Keys, "stem", "tail.flat", "tail", "nothing", "block.act", "block.drop"];

        using var result = executor.Run(input, EagerMode.Inference, paths, gradient: true);

        Assert.Equal(paths.ToHashSet(), result.Taps.Keys.ToHashSet());
        AssertEqual(result.Taps["tail"], result.Taps["nothing"]);
        AssertEqual(result.Output, result.Taps["fc"]);
        AssertEqual(executor.Forward(input), result.Output);
    }

    [Fact]
    public void Run_UnknownPath_IsRefusedByName()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            executor.Run(input, EagerMode.Inference, ["stem", "block.conv3"])
        );

        Assert.Contains("'block.conv3'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_GradientOfATap_IsThatOfFiniteDifferences()
    {
        using var result = executor.Run(input, EagerMode.Inference, ["block"], gradient: true);
        result.Output[TensorIndex.Colon, 2].sum().backward();
        var gradient = result.Taps["block"].grad!;

        // The rest of the network by itself, from the tapped activation on.
        var rest = Networks.Analyze($$"""{ "input": { "shape": [6, 16, 16] }, "layers": [{{Tail}}] }""");
        using var tail = new EagerExecutor(rest.ToPlan(), parameters);
        double Score(Tensor activation) => tail.Forward(activation)[TensorIndex.Colon, 2].sum().item<double>();
        var before = result.Taps["block"].detach();
        foreach (var (n, c, y, x) in new[] { (0, 0, 0, 0), (1, 3, 7, 9), (0, 5, 15, 15) })
        {
            var (less, more) = (before.clone(), before.clone());
            less[n, c, y, x] -= 1e-4;
            more[n, c, y, x] += 1e-4;
            Assert.Equal((Score(more) - Score(less)) / 2e-4, gradient[n, c, y, x].item<double>(), 1e-8);
        }
    }

    // Adding to a bias is adding to each element of the channel.
    [Theory]
    [InlineData("stem")]
    [InlineData("block.conv1")]
    [InlineData("block.conv2")]
    [InlineData("fc")]
    public void Run_GradientOfATapInABlock_SumsUpToThatOfTheBias(string path)
    {
        var bias = parameters[$"{path}.bias"];
        double Score(double change)
        {
            bias[1] += change;
            var score = executor.Forward(input)[TensorIndex.Colon, 1].sum().item<double>();
            bias[1] -= change;
            return score;
        }

        var expected = (Score(1e-4) - Score(-1e-4)) / 2e-4;
        parameters[$"{path}.bias"].requires_grad = true;
        using var result = executor.Run(input, EagerMode.Inference, [path], gradient: true);
        result.Output[TensorIndex.Colon, 1].sum().backward();

        Assert.Equal(expected, result.Taps[path].grad![TensorIndex.Colon, 1].sum().item<double>(), 1e-6);
        Assert.Equal(expected, parameters[$"{path}.bias"].grad![1].item<double>(), 1e-6);
    }

    [Fact]
    public void Run_WithoutGradient_RequiresNoneEvenWhereParametersDo()
    {
        parameters["stem.weight"].requires_grad = parameters["fc.bias"].requires_grad = true;

        using var result = executor.Run(input, EagerMode.Training, ["block.conv1", "fc"]);

        Assert.False(result.Output.requires_grad);
        Assert.All(result.Taps.Values, tap => Assert.False(tap.requires_grad));
        Assert.True(is_grad_enabled());
    }

    [Fact]
    public void Forward_AfterAGradient_GivesTheSameScoresAndRequiresNone()
    {
        var before = executor.Forward(input);
        using (var result = executor.Run(input, EagerMode.Inference, ["stem"], gradient: true))
            result.Output.sum().backward();

        var after = executor.Forward(input);

        AssertEqual(before, after);
        Assert.False(after.requires_grad);
    }

    [Fact]
    public void Run_GradientAfterInference_PassesThroughAFixedFilter()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """{ "type": "conv2d", "name": "a", "out_channels": 3, "kernel_size": 1 }""",
                """{ "type": "filter2d", "preset": "gaussian_blur" }"""
            )
        );
        using var own = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var filtering = new EagerExecutor(analysis.ToPlan(), own);
        var picture = input.to(float32);
        filtering.Forward(picture).Dispose();

        own["a.weight"].requires_grad = true;
        using var result = filtering.Run(picture, EagerMode.Training, gradient: true);
        result.Output.sum().backward();

        Assert.True(own["a.weight"].grad!.abs().sum().item<float>() > 0);
    }

    [Fact]
    public void Constructor_CompiledPlan_IsRefused()
    {
        var analysis = Networks.Analyze(Networks.Of(Block, Tail));
        var target = new PlanTarget(Precision.Float32, ForCpu: true);

        var plan = PlanPasses.Compile(analysis.ToPlan(), target);

        Assert.Throws<ArgumentException>(() => new EagerExecutor(plan, parameters));
    }

    public void Dispose()
    {
        executor.Dispose();
        parameters.Dispose();
        input.Dispose();
        scope.Dispose();
    }

    private static void AssertEqual(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.Equal(expected.data<double>().ToArray(), actual.detach().data<double>().ToArray());
    }
}
