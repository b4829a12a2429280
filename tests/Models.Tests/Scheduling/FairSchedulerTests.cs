using ModelService.Models.Scheduling;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Scheduling;

/// <summary>Who computes next, on a clock of its own: no test here depends on how fast the machine is.</summary>
public sealed class FairSchedulerTests
{
    [Theory]
    [InlineData(1, 1, 30, 30)]
    [InlineData(1, 3, 30, 30)]
    [InlineData(1, 3, 200, 10)]
    [InlineData(1, 3, 10, 200)]
    [InlineData(1, 100, 20, 20)]
    public void Turns_BothFlooded_GetTheDeviceByTheirWeights(
        int firstWeight,
        int secondWeight,
        int firstTurn,
        int secondTurn
    )
    {
        var device = new SimulatedDevice(atOnce: 1);
        var first = device.Flood(firstWeight, firstTurn);
        var second = device.Flood(secondWeight, secondTurn);

        device.RunUntil(100_000);

        Assert.Equal(
            firstWeight / (double)(firstWeight + secondWeight),
            first.Computed / (first.Computed + second.Computed),
            0.02
        );
        Assert.Equal(100_000, first.Computed + second.Computed, 1.0);
    }

    [Fact]
    public void Turns_TwentyFloodedOfAllLengths_EachGetsItsPartAndNoneWaitsForEver()
    {
        var device = new SimulatedDevice(atOnce: 1);
        var models = Enumerable
            .Range(0, 20)
            .Select(number => device.Flood(weight: 1 + (number % 2), turn: 1 + (number * number / 4)))
            .ToList();

        device.RunUntil(300_000);

        Assert.All(models, model => Assert.Equal(model.Weight / 30.0, model.Computed / 300_000, 0.01));
        Assert.All(models, model => Assert.InRange(model.Latencies.Max(), 1, 5_000));
    }

    [Fact]
    public void Turns_ModelThatWasIdle_GetsNoCreditForIt()
    {
        var device = new SimulatedDevice(atOnce: 1);
        var busy = device.Flood(weight: 1, turn: 10);
        device.RunUntil(60_000);
        var before = busy.Computed;

        device.Flood(weight: 1, turn: 10);
        device.RunUntil(61_000);

        Assert.Equal(500, busy.Computed - before, 20.0);
    }

    [Fact]
    public void Turns_OneModelAlone_HasTheDeviceWithoutPause()
    {
        var device = new SimulatedDevice(atOnce: 1);
        var model = device.Flood(weight: 5, turn: 7);

        device.RunUntil(7_000);

        Assert.Equal(7_000, model.Computed, 1.0);
        Assert.All(model.Latencies, latency => Assert.Equal(7, latency, 0.01));
    }

    // One client that waits for its answer and then a while, beside a flood: whatever the two models' sizes.
    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 30)]
    [InlineData(10, 30)]
    [InlineData(30, 30)]
    [InlineData(30, 10)]
    [InlineData(200, 5)]
    [InlineData(90, 210)]
    public void Turns_OtherModelFlooded_TakeThreeTimesAsLongAsAloneAtMost(int turn, int floodedTurn)
    {
        var device = new SimulatedDevice(atOnce: 1);
        device.Flood(weight: 1, floodedTurn);
        var model = device.Visit(weight: 1, turn, pause: 7);

        device.RunUntil(50_000);

        var p95 = model.Latencies.Order().ElementAt(model.Latencies.Count * 95 / 100);
        // Twice as long while two models share the cores; longer for a model that wants more than half of them.
        Assert.InRange(p95, turn, ((turn > 50 ? 3 : 2) * turn) + 2);
    }

    [Fact]
    public void Turns_SeveralAtOnce_AreGivenToOneModelOrToSeveral()
    {
        var device = new SimulatedDevice(atOnce: 2);
        var first = device.Flood(weight: 1, turn: 10, threads: 2);
        device.RunUntil(10_000);
        Assert.Equal(20_000, first.Computed, 1.0);

        var second = device.Flood(weight: 1, turn: 25, threads: 2);
        device.RunUntil(30_000);

        Assert.Equal(20_000, second.Computed, 500.0);
        Assert.Equal(40_000, first.Computed, 500.0);
    }

    [Fact]
    public void Delay_LongTurnUnderWay_IsNoneForWhoComesBack()
    {
        var (schedule, large, small) = (new FairScheduler(1), new FlowState(1), new FlowState(1));
        Turn(schedule, small, from: 0, to: 2);
        Turn(schedule, large, from: 2, to: 10);
        schedule.Ask(large, Milliseconds(10));
        schedule.Begin(large, Milliseconds(10));

        schedule.Ask(small, Milliseconds(11));

        Assert.Equal(TimeSpan.Zero, schedule.Delay(small, Milliseconds(11)));
    }

    [Fact]
    public void Delay_LongTurnUnderWay_IsAsLongAsOnesOwnTurnForWhoWantsOneAfterTheOther()
    {
        var (schedule, large, small) = (new FairScheduler(1), new FlowState(1), new FlowState(1));
        schedule.Ask(small, Milliseconds(0));
        var turn = schedule.Begin(small, Milliseconds(0));
        schedule.Ask(large, Milliseconds(0));
        schedule.Ask(small, Milliseconds(2));
        schedule.End(small, turn, Milliseconds(2));
        schedule.Begin(large, Milliseconds(2));

        // It has used 2 ms and wants 2 more; the large one will have used as much after 4.

        Assert.Equal(Milliseconds(4), schedule.Delay(small, Milliseconds(2)));
        Assert.Equal(TimeSpan.Zero, schedule.Delay(small, Milliseconds(6)));
    }

    [Fact]
    public void Delay_OthersThatHaveUsedLess_ComeFirst()
    {
        var (schedule, used, fresh) = (new FairScheduler(1), new FlowState(1), new FlowState(1));
        Turn(schedule, used, from: 0, to: 50);
        schedule.Ask(used, Milliseconds(50));
        schedule.Ask(fresh, Milliseconds(50));

        Assert.Null(schedule.Delay(used, Milliseconds(50)));
        Assert.Equal(TimeSpan.Zero, schedule.Delay(fresh, Milliseconds(50)));
    }

    private static TimeSpan Milliseconds(double count) => TimeSpan.FromMilliseconds(count);

    private static void Turn(FairScheduler schedule, FlowState flow, int from, int to)
    {
        schedule.Ask(flow, Milliseconds(from));
        schedule.End(flow, schedule.Begin(flow, Milliseconds(from)), Milliseconds(to));
    }
}
