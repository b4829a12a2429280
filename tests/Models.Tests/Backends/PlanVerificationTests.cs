using ModelService.Models.Backends;
using ModelService.Models.Language.Analysis;
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
        Assert.SkipWhen(
            precision == Precision.BFloat16 && !Precisions.ProcessorHasBFloat16,
            "This processor has no bfloat16."
        );
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

    [Theory]
    [InlineData(true, Precision.Float32, Precision.BFloat16)]
    [InlineData(false, Precision.BFloat16, null)]
    public void RunChosen_AnswersThatDifferTooMuch_AreInFloat32IfTheyMeanSomething(
        bool isTrained,
        Precision expected,
        Precision? tooInexact
    )
    {
        Assert.SkipUnless(Precisions.ProcessorHasBFloat16, "This processor has no bfloat16.");
        var analysis = Networks.Fixture("residual");
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);

        // Weights that are nearly equal: bfloat16 loses what tells the classes apart.
        using (no_grad())
            parameters.StateDict.Last(item => item.Key.EndsWith("weight", StringComparison.Ordinal)).Value.add_(30);
        var choice = new PrecisionChoice(Precision.BFloat16, [], new Dictionary<string, double>());

        var verification = PlanVerification.RunChosen(
            analysis.ToPlan(),
            parameters,
            CPU,
            choice,
            maxBatchSize: 8,
            isTrained
        );
        using var plan = verification.Plan;

        Assert.Equal(choice with { Precision = expected, TooInexact = tooInexact }, verification.Verified!.Choice);
        Assert.Equal(expected == Precision.Float32, verification.Accuracy!.MaxDifference <= 1e-4);
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
