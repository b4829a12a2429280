using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends.Eager;

/// <summary>
/// The eager executor holds no value longer than it is needed. The counts are the whole process's: nothing else runs
/// beside these tests.
/// </summary>
[Collection(nameof(Alone))]
public sealed class EagerMemoryTests
{
    private const string Convolution = """
        { "type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1 }, { "type": "relu" }
        """;

    private static readonly string Trained = Networks.Of(
        Convolution,
        """
        { "type": "residual", "body": [{ "type": "conv2d", "out_channels": 8, "kernel_size": 1 },
          { "type": "batch_norm2d" }, { "type": "dropout", "p": 0.1 }], "activation": "relu" }
        """,
        """{ "type": "filter2d", "preset": "gaussian_blur" }, { "type": "adaptive_avg_pool2d", "output_size": 1 }""",
        """{ "type": "flatten" }, { "type": "linear", "name": "fc", "out_features": 5 }"""
    );

    [Fact]
    public void Forward_LongChain_HoldsNoMoreTensorsThanAShortOne()
    {
        Assert.Equal(PeakOf(Networks.Of(Convolution)), PeakOf(Networks.Of([.. Enumerable.Repeat(Convolution, 30)])));
    }

    [Fact]
    public void Forward_SkipAroundTwentyLayers_HoldsOneTensorMore()
    {
        var body = string.Join(", ", Enumerable.Repeat(Convolution, 10));
        string Around(string type) => Networks.Of(Convolution, $$"""{ "type": "{{type}}", {{Layers(type, body)}} }""");

        Assert.Equal(PeakOf(Around("sequential")) + 1, PeakOf(Around("residual")));
    }

    [Fact]
    public void Forward_SkipAroundTwentyLayers_AddsTheValueFromBefore()
    {
        var body = string.Join(", ", Enumerable.Repeat(Convolution, 10));
        var (skipped, plain) = (
            Networks.Analyze(Networks.Of(Convolution, $$"""{ "type": "residual", {{Layers("residual", body)}} }""")),
            Networks.Analyze(Networks.Of(Convolution, $$"""{ "type": "sequential", {{Layers("sequential", body)}} }"""))
        );
        using var scope = NewDisposeScope();
        using var parameters = ParameterStore.Create(skipped.StateDict, seed: 1, []);
        using var executor = new EagerExecutor(skipped.ToPlan(), parameters);
        using var chain = new EagerExecutor(plain.ToPlan(), parameters);
        var input = RandomInputs.Normal(seed: 1, [1, 3, 16, 16]);

        using var terms = chain.Run(input, EagerMode.Inference, ["1"]);

        var off = (executor.Forward(input) - terms.Output - terms.Taps["1"]).abs().max().item<float>();
        Assert.InRange(off, 0, 1e-6f);
    }

    [Fact]
    [Measured]
    public void Run_ThousandGradients_LeavesNoTensorAndNoMemoryBehind()
    {
        var analysis = Networks.Analyze(Trained);
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var executor = new EagerExecutor(analysis.ToPlan(), parameters);
        using var input = RandomInputs.Normal(seed: 1, [8, 3, 16, 16]);
        using var labels = zeros([8], ScalarType.Int64);
        foreach (var name in new[] { "0.weight", "fc.weight", "fc.bias" })
            parameters[name].requires_grad = true;
        void Once()
        {
            using var scope = NewDisposeScope();
            using var result = executor.Run(input, EagerMode.Training, ["2", "2.activation"], gradient: true);
            parameters.ClearGradients();
            nn.functional.cross_entropy(result.Output, labels).backward();
            Assert.NotNull(parameters["0.weight"].grad);
            Assert.NotNull(result.Taps["2"].grad);
        }

        for (var i = 0; i < 100; i++)
            Once();
        var (tensors, bytes) = (Tensor.TotalCount, Environment.WorkingSet);
        for (var i = 0; i < 1_000; i++)
            Once();

        AssertNoneLeft(tensors);
        Assert.InRange(Environment.WorkingSet, 0, bytes * 11 / 10);
    }

    [Fact]
    public void Run_RefusedInput_LeavesNoTensorBehind()
    {
        var analysis = Networks.Analyze(Trained);
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var executor = new EagerExecutor(analysis.ToPlan(), parameters);
        using var input = zeros(1, 4, 16, 16);
        var tensors = Tensor.TotalCount;

        Assert.ThrowsAny<Exception>(() => executor.Run(input, EagerMode.Training, ["0", "fc"], gradient: true));

        AssertNoneLeft(tensors);
    }

    [Fact]
    public void Forward_SeveralThreadsAtOnce_GiveTheSameScores()
    {
        var analysis = Networks.Analyze(Trained);
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        float[][] expected;
        using (var alone = new EagerExecutor(analysis.ToPlan(), parameters))
            expected = [.. Enumerable.Range(0, 8).Select(seed => Scores(alone, seed))];
        var tensors = Tensor.TotalCount;

        for (var round = 0; round < 10; round++)
        {
            using var executor = new EagerExecutor(analysis.ToPlan(), parameters);
            var scores = new float[64][];
            Parallel.For(0, 64, new() { MaxDegreeOfParallelism = 8 }, i => scores[i] = Scores(executor, i % 8));
            Assert.All(scores, (actual, i) => Assert.Equal(expected[i % 8], actual));
        }

        AssertNoneLeft(tensors);
    }

    // No more than before: a collection may free tensors that earlier tests left to it, at any time.
    private static void AssertNoneLeft(long before) =>
        Assert.True(Tensor.TotalCount <= before, $"{Tensor.TotalCount - before} tensors are left over.");

    private static string Layers(string type, string layers) =>
        $"\"name\": \"block\", \"{(type == "residual" ? "body" : "layers")}\": [{layers}]";

    private static float[] Scores(EagerExecutor executor, int seed)
    {
        using var scope = NewDisposeScope();
        return executor.Forward(RandomInputs.Normal(seed, [2, 3, 16, 16])).data<float>().ToArray();
    }

    // The most tensors that live at once while a network computes, beyond those before.
    private static long PeakOf(string network)
    {
        var analysis = Networks.Analyze(network);
        using var scope = NewDisposeScope();
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var executor = new EagerExecutor(analysis.ToPlan(), parameters);
        var input = zeros(1, 3, 16, 16);
        executor.Forward(input).Dispose();

        // The count of the peak can't be reset: so many tensors are held that the network's come on top.
        while (Tensor.TotalCount < Tensor.PeakCount)
            empty(0);
        var before = Tensor.PeakCount;
        executor.Forward(input).Dispose();
        return Tensor.PeakCount - before;
    }
}
