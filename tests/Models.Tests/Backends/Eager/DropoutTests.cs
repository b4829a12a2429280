using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends.Eager;

/// <summary>Dropout while training, and its absence at inference.</summary>
public sealed class DropoutTests
{
    [Theory]
    [InlineData("dropout", 0.1)]
    [InlineData("dropout", 0.5)]
    [InlineData("dropout2d", 0.3)]
    public void Run_Training_DropsAShareOfPAndScalesTheRest(string type, double p)
    {
        using var scope = NewDisposeScope();
        var first = Run(type, p, EagerMode.Training);
        var second = Run(type, p, EagerMode.Training);

        // 19,200 elements in 1,200 channels: five standard deviations of a share of channels.
        var deviation = Math.Sqrt(p * (1 - p) / (type == "dropout" ? 19_200 : 1_200));
        Assert.InRange(first.eq(0).to(float32).mean().item<float>(), p - (5 * deviation), p + (5 * deviation));
        Assert.InRange(first.mean().item<float>(), 1 - (5 * deviation / (1 - p)), 1 + (5 * deviation / (1 - p)));
        Assert.True((first.eq(0) | (first - (1 / (1 - p))).abs().lt(1e-5)).all().item<bool>());
        Assert.False(first.eq(second).all().item<bool>());
    }

    // Klambauer et al. 2017, section "New dropout technique": dropped numbers become selu's limit, and the whole is
    // scaled so that mean 0 and variance 1 stay.
    [Fact]
    public void Run_TrainingOfAlphaDropout_SetsAShareOfPToTheLimitOfSelu()
    {
        const double P = 0.2,
            Limit = -1.7580993408473766;
        var scale = 1 / Math.Sqrt((1 - P) * (1 + (P * Limit * Limit)));
        var shift = -scale * Limit * P;
        using var scope = NewDisposeScope();

        var result = Run("alpha_dropout", P, EagerMode.Training);

        var dropped = (result - ((scale * Limit) + shift)).abs().lt(1e-5);
        var kept = (result - (scale + shift)).abs().lt(1e-5);
        Assert.True((dropped | kept).all().item<bool>());
        Assert.InRange(dropped.to(float32).mean().item<float>(), P - 0.015, P + 0.015); // five standard deviations
    }

    [Theory]
    [InlineData("dropout", false)]
    [InlineData("dropout2d", true)]
    public void Run_Training_DropsWholeChannelsOrElements(string type, bool wholeChannels)
    {
        using var scope = NewDisposeScope();
        var dropped = Run(type, 0.5, EagerMode.Training).eq(0).flatten(2);

        var mixed = dropped.any(2).logical_and(dropped.logical_not().any(2));

        Assert.Equal(!wholeChannels, mixed.any().item<bool>());
    }

    [Theory]
    [InlineData("dropout")]
    [InlineData("dropout2d")]
    [InlineData("alpha_dropout")]
    public void Run_Inference_DropsNothing(string type)
    {
        using var scope = NewDisposeScope();

        Assert.True(Run(type, 0.9, EagerMode.Inference).eq(1).all().item<bool>());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Run_TrainingAtTheEnds_KeepsOrDropsAll(double p, double expected)
    {
        using var scope = NewDisposeScope();

        Assert.True(Run("dropout", p, EagerMode.Training).eq(expected).all().item<bool>());
    }

    private static Tensor Run(string type, double p, EagerMode mode)
    {
        var analysis = Networks.Analyze(
            FormattableString.Invariant(
                $$"""
                { "input": { "shape": [60, 4, 4] }, "layers": [{ "type": "{{type}}", "p": {{p}} }] }
                """
            )
        );
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var executor = new EagerExecutor(analysis.ToPlan(), parameters);
        using var result = executor.Run(ones(20, 60, 4, 4), mode);
        return result.TakeOutput();
    }
}
