using ModelService.Models.Tests.Training.Support;
using ModelService.Models.Training;

namespace ModelService.Models.Tests.Training;

/// <summary>Runs from photos to weights, with real digits.</summary>
public sealed class TrainingSessionTests
{
    private static readonly TrainingDefinition Scratch = new()
    {
        Dataset = "digits",
        Method = TrainingMethod.Scratch,
        Budget = new TrainingBudget { Epochs = 15 },
    };

    [Fact]
    public void Run_FromScratch_LearnsDigits()
    {
        using var run = new TrainingHarness(TrainingHarness.Lesson(), Scratch, perClass: 60);

        var result = run.Run();

        Assert.True(result.Test!.Accuracy > 0.85, $"accuracy {result.Test.Accuracy}");
        Assert.Equal("scratch", Assert.Single(result.Phases).Name);
        Assert.True(result.Val!.LogLoss <= result.Val.UncalibratedLogLoss + 1e-9);
        Assert.Contains(run.Events, item => (string?)item["event"] == "epoch");
    }

    [Fact]
    public void Run_SameSeed_GivesTheSameBits()
    {
        using var first = new TrainingHarness(TrainingHarness.Lesson(), Scratch, perClass: 20);
        using var second = new TrainingHarness(TrainingHarness.Lesson(), Scratch, perClass: 20);

        first.Run();
        second.Run();

        Assert.Equal(first.Weights(), second.Weights());
    }

    [Fact]
    public void Run_Head_IsFittedToFeatures()
    {
        var definition = Scratch with { Method = TrainingMethod.Head };
        using var run = new TrainingHarness(TrainingHarness.Lesson(), definition, perClass: 60, isRandom: false);

        var result = run.Run();

        Assert.Equal("head", Assert.Single(result.Phases).Name);
        Assert.True(result.Test!.Accuracy > 0.85, $"accuracy {result.Test.Accuracy}");
    }
}
