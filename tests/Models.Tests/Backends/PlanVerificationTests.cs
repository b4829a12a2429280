using ModelService.Models.Backends;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends;

/// <summary>When a plan is compared with the eager executor, and when an earlier comparison is enough.</summary>
public sealed class PlanVerificationTests
{
    private static readonly PlanAccuracy Marked = new(0, 0, 1, Inputs: 12_345);

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void Create_ComparedBefore_KeepsTheAccuracy(Precision precision)
    {
        var verified = Compare(precision, null)!;

        var again = Compare(precision, verified with { Accuracy = Marked })!;

        Assert.Equal(Marked, again.Accuracy);
    }

    [Fact]
    public void Create_OtherScoresThanBefore_IsComparedAgain()
    {
        var verified = Compare(Precision.Float32, null)!;
        var others = verified.Scores.ToArray();
        others[0] += 0.1f;

        var again = Compare(Precision.Float32, new VerifiedPlan(Marked, others))!;

        Assert.Equal(verified.Accuracy.Inputs, again.Accuracy.Inputs);
        Assert.Equal(verified.Scores, again.Scores);
    }

    [Fact]
    public void Create_OtherNumberOfScores_IsComparedAgain()
    {
        var again = Compare(Precision.Float32, new VerifiedPlan(Marked, []))!;

        Assert.NotEqual(Marked, again.Accuracy);
    }

    [Theory]
    [InlineData(Precision.Auto)]
    [InlineData(Precision.Fastest)]
    public void Create_PrecisionChosenBefore_IsNotTimedAgain(Precision precision)
    {
        var verified = Compare(precision, null)!;
        var marked = verified.Choice! with { Ms = new Dictionary<string, double> { ["float32"] = 12_345 } };

        var again = Compare(precision, verified with { Choice = marked })!;

        Assert.Same(marked, again.Choice);
    }

    private static VerifiedPlan? Compare(Precision precision, VerifiedPlan? verified)
    {
        using var model = new CompiledModel(
            Networks.Fixture("residual"),
            seed: 1,
            [],
            CPU,
            precision,
            verified: verified
        );
        Assert.Equal(model.Execution.Accuracy, model.Verified?.Accuracy);
        return model.Verified;
    }
}
