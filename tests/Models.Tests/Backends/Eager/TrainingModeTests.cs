using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends.Eager;

/// <summary>What layers do differently while training.</summary>
public sealed class TrainingModeTests
{
    [Fact]
    public void Run_TrainingMode_UpdatesRunningStatisticsByTheirMomentum()
    {
        var analysis = Networks.Analyze(
            """
            { "input": { "shape": [3, 7] }, "layers": [{ "type": "batch_norm1d", "momentum": 0.3, "affine": false }] }
            """
        );
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var executor = new EagerExecutor(analysis.ToPlan(), parameters);
        var input = RandomInputs.Normal(seed: 1, [5, 3, 7]) * 2 + 1;
        var elements = input.transpose(0, 1).reshape(3, -1);
        var (mean, variance) = (elements.mean([1]), elements.var(1, unbiased: true));
        var around = elements - mean.unsqueeze(1);

        using var result = executor.Run(input, EagerMode.Training);

        var expected = around / (around.square().mean([1], keepdim: true) + 1e-5).sqrt();
        AssertClose(expected, result.Output.transpose(0, 1).reshape(3, -1));
        AssertClose(mean * 0.3, parameters["0.running_mean"]);
        AssertClose(variance * 0.3 + 0.7, parameters["0.running_var"]);
        Assert.Equal(1, parameters["0.num_batches_tracked"].item<long>());

        executor.Run(input, EagerMode.Training).Dispose();
        AssertClose(mean * 0.51, parameters["0.running_mean"]);
        Assert.Equal(2, parameters["0.num_batches_tracked"].item<long>());

        executor.Run(input, EagerMode.Inference).Dispose();
        AssertClose(mean * 0.51, parameters["0.running_mean"]);
        Assert.Equal(2, parameters["0.num_batches_tracked"].item<long>());
    }

    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 1e-5f);
}
