using ModelService.Models.Scheduling;

namespace ModelService.Models.Tests.Scheduling;

/// <summary>What is waited for is estimated from what went before.</summary>
public sealed class ServiceTimeEstimatorTests
{
    private readonly ServiceTimeEstimator pace = new();

    [Fact]
    public void TimeFor_NothingMeasured_IsNothing() => Assert.Equal(TimeSpan.Zero, pace.TimeFor(100));

    [Fact]
    public void TimeFor_BatchesOneAfterAnother_CountsFromTheEndOfTheLast()
    {
        pace.Start(Seconds(10));
        for (var batch = 1; batch <= 100; batch++)
            pace.End(8, Seconds(10 + (4 * batch)));
        Assert.Equal(0.5, pace.TimeFor(1).TotalSeconds, 3);
        Assert.Equal(10, pace.TimeFor(20).TotalSeconds, 3);
    }

    [Fact]
    public void TimeFor_AfterAPause_LeavesThePauseOut()
    {
        pace.Start(Seconds(0));
        pace.End(1, Seconds(1));
        pace.Start(Seconds(1000));
        pace.End(1, Seconds(1001));
        Assert.Equal(1, pace.TimeFor(1).TotalSeconds, 3);
    }

    [Fact]
    public void TimeFor_TwoAtOnce_CountsWhatBothGetThrough()
    {
        // Each takes two seconds, and one ends every second.
        pace.Start(Seconds(0));
        for (var second = 1; second <= 100; second++)
            pace.End(1, Seconds(second));
        Assert.Equal(1, pace.TimeFor(1).TotalSeconds, 3);
    }

    [Fact]
    public void TimeFor_SlowerThanBefore_Follows()
    {
        pace.Start(Seconds(0));
        pace.End(1, Seconds(1));
        for (var batch = 1; batch <= 50; batch++)
            pace.End(1, Seconds(1 + (3 * batch)));
        Assert.Equal(3, pace.TimeFor(1).TotalSeconds, 2);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(8, 1, 9)]
    [InlineData(8, 8, 16)]
    [InlineData(8, 9, 24)]
    [InlineData(3, 17, 27)]
    public void TimeFor_ManyWait_CountsTheLastBatchWholeWithAReserve(int running, int waiting, int counted)
    {
        pace.Start(TimeSpan.Zero);
        pace.End(8, TimeSpan.FromMilliseconds(80));

        Assert.Equal(TimeSpan.FromMilliseconds(10 * counted * 1.125), pace.TimeFor(running, waiting, maxBatchSize: 8));
    }
}
