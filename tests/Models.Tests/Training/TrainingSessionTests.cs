using ModelService.Models.Tests.Training.Support;
using ModelService.Models.Training;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Tests.Training;

/// <summary>
/// Runs from photos to weights, with real digits. Alone: MKL's number of threads, which decides about the last bits, is
/// that of the whole process, and other tests change it.
/// </summary>
[Collection(nameof(Backends.Alone))]
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
    public void Run_EpochsWithinTheLongestTime_GivesTheBitsOfARunWithoutOne()
    {
        using var free = new TrainingHarness(TrainingHarness.Lesson(), Scratch, perClass: 20);
        using var limited = new TrainingHarness(TrainingHarness.Lesson(), Scratch, perClass: 20);
        limited.Job = limited.Job with { MaxSeconds = 3600 };

        free.Run();
        limited.Run();

        Assert.Equal(free.Weights(), limited.Weights());
    }

    [Theory]
    [InlineData(TrainingMethod.Scratch)]
    [InlineData(TrainingMethod.All)]
    public void Run_MoreEpochsThanTheLongestTimeAllows_EndsWithTheBest(TrainingMethod method)
    {
        var definition = Scratch with
        {
            Method = method,
            Budget = new TrainingBudget { Epochs = 1_000_000 },
            Patience = 1_000_000,
        };
        using var run = new TrainingHarness(
            TrainingHarness.Lesson(),
            definition,
            perClass: 20,
            method == Scratch.Method
        );
        run.Job = run.Job with { MaxSeconds = 6 };

        var result = run.Run();

        Assert.Contains(result.Phases, phase => phase.IsKept);
        Assert.InRange(result.Seconds, 5, 30);
    }

    [Fact]
    public async Task TakeFolder_AnotherProcessHasIt_WaitsUntilItIsGivenBack()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var first = await TrainingProcess.TakeFolderAsync(folder.FullName, TimeProvider.System);
            var second = TrainingProcess.TakeFolderAsync(folder.FullName, TimeProvider.System);
            var isWaiting = !second.IsCompleted;

            first.Dispose();

            Assert.True(isWaiting);
            (await second).Dispose();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Run_NoBudgetAndAShortLongestTime_EndsByIt()
    {
        var definition = Scratch with { Budget = null, Patience = 1_000_000 };
        using var run = new TrainingHarness(TrainingHarness.Lesson(), definition, perClass: 20);
        run.Job = run.Job with { MaxSeconds = 4 };

        Assert.Equal(4, TrainingProcess.CreateClock(run.Job).Budget);
        Assert.InRange(run.Run().Seconds, 0, 30);
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

    [Fact]
    public void Run_HeadWithoutTime_IsFittedAllTheSame()
    {
        var definition = Scratch with
        {
            Method = TrainingMethod.Head,
            Budget = new TrainingBudget { Seconds = 0.1 },
        };
        using var run = new TrainingHarness(TrainingHarness.Lesson(), definition, perClass: 20, isRandom: false);

        var result = run.Run();

        Assert.DoesNotContain(result.Warnings, warning => warning.Code == "collapsed");
        Assert.True(result.Val!.Accuracy > 0.2, $"accuracy {result.Val.Accuracy}");
    }

    [Theory]
    [InlineData(TrainingMethod.LastStage, "head,last_stage")]
    [InlineData(TrainingMethod.All, "head,all")]
    public void Run_FineTuning_KeepsTheBetterOfHeadAndTuned(TrainingMethod method, string phases)
    {
        var definition = Scratch with
        {
            Method = method,
            Budget = new TrainingBudget { Epochs = 3 },
        };
        using var run = new TrainingHarness(TrainingHarness.Lesson(), definition, perClass: 40, isRandom: false);

        var result = run.Run();

        Assert.Equal(phases, string.Join(',', result.Phases.Select(phase => phase.Name)));
        var best = result.Phases.Where(phase => phase.IsKept).Min(phase => phase.ValLoss)!.Value;
        Assert.Equal(best, result.Val!.UncalibratedLogLoss ?? result.Val.LogLoss, 1e-4);
        Assert.True(result.Test!.Accuracy > 0.8, $"accuracy {result.Test.Accuracy}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(14)]
    public void Run_CutOffAndStartedAgain_GivesTheBitsOfAnUndisturbedRun(int epoch)
    {
        var definition = Scratch with { EmaDecay = 0.9 };
        using var undisturbed = new TrainingHarness(TrainingHarness.Lesson(), definition, perClass: 20);
        using var cutOff = new TrainingHarness(TrainingHarness.Lesson(), definition, perClass: 20);
        undisturbed.Run();

        using var output = new CuttingWriter(epoch);
        Assert.Throws<IOException>(() => cutOff.Run(output, secondsBetweenCheckpoints: 0));
        cutOff.Run();

        Assert.Contains(cutOff.Events, item => (string?)item["phase"] == "resume");
        Assert.Equal(undisturbed.Weights(), cutOff.Weights());
    }

    // Breaks the run off where it tells of an epoch, before that is in a checkpoint.
    private sealed class CuttingWriter(int epoch) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            if (value!.Contains("\"event\":\"epoch\"") && value.Contains($"\"epoch\":{epoch},"))
                throw new IOException("Cut off.");
            base.WriteLine(value);
        }
    }
}
