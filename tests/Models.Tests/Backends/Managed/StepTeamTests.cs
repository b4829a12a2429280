using ModelService.Models.Backends.Managed;

namespace ModelService.Models.Tests.Backends.Managed;

/// <summary>Threads that compute steps together.</summary>
public sealed class StepTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Run_OnThreads_ComputesEachUnitOnceAndEachStepAfterTheOneBefore(int threads)
    {
        for (var round = 0; round < 200; round++)
        {
            var steps = Steps(units: [1, 2, 7, 100, 3, 64]);
            var team = new StepTeam(steps, default, threads);

            await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(team.Run)));

            Assert.All(steps, step => Assert.All(step.Counts, count => Assert.Equal(1, count)));
        }
    }

    // The others may come late, or not at all.
    [Fact]
    public void Run_OnlyOneOfFourThreads_ComputesAll()
    {
        var steps = Steps(units: [5, 100]);
        var team = new StepTeam(steps, default, threads: 4);

        team.Run();
        team.Run(); // the one that comes when all is done

        Assert.All(steps, step => Assert.All(step.Counts, count => Assert.Equal(1, count)));
    }

    [Fact]
    public async Task Run_StepThatFails_IsToldByAllThreads()
    {
        var steps = Steps(units: [10, 10, 10]);
        steps[1].FailsAt = 7;
        var team = new StepTeam(steps, default, threads: 2);

        var runs = Enumerable.Range(0, 2).Select(_ => Task.Run(team.Run)).ToList();

        foreach (var run in runs)
            await Assert.ThrowsAsync<InvalidDataException>(() => run);
    }

    private static List<CountedStep> Steps(int[] units)
    {
        var steps = new List<CountedStep>();
        foreach (var count in units)
            steps.Add(new CountedStep(count, steps.LastOrDefault()));
        return steps;
    }

    private sealed class CountedStep(int units, CountedStep? before) : Step
    {
        public int[] Counts { get; } = new int[units];

        public int FailsAt { get; set; } = -1;

        public override int Units => units;

        public override long Work => units * 1_000;

        public override void Compute(Frame frame, int first, int end)
        {
            Assert.True(before is null || before.Counts.All(count => Volatile.Read(ref count) == 1));
            for (var unit = first; unit < end; unit++)
            {
                Interlocked.Increment(ref Counts[unit]);
                if (unit == FailsAt)
                    throw new InvalidDataException();
            }
        }
    }
}
