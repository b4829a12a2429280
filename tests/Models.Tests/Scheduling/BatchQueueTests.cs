using ModelService.Models.Scheduling;

namespace ModelService.Models.Tests.Scheduling;

/// <summary>What is computed next, by who waits and by the time.</summary>
public sealed class BatchQueueTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(5);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(7, 4)]
    [InlineData(8, 8)]
    [InlineData(11, 8)]
    [InlineData(12, 12)]
    [InlineData(40, 12)]
    public void Cut_SoManyWait_TakesASizeThatWasPreparedFor(int waiting, int taken)
    {
        var queue = new BatchQueue<string>(12, TimeSpan.Zero);
        for (var i = 0; i < waiting; i++)
            queue.Add($"{i}", 1, Priority.Normal, TimeSpan.Zero);

        var batch = queue.Cut();

        Assert.Equal(Enumerable.Range(0, taken).Select(i => $"{i}"), batch.Select(part => part.Request));
        Assert.Equal(waiting - taken, queue.Count);
        Assert.Contains(taken, BatchQueue<string>.Sizes(12));
    }

    [Fact]
    public void Cut_LargeRequestAmongSmallOnes_SharesBatchesWithThem()
    {
        var queue = new BatchQueue<string>(8, TimeSpan.Zero);
        queue.Add("small", 3, Priority.Normal, TimeSpan.Zero);
        queue.Add("large", 12, Priority.Normal, TimeSpan.Zero);
        queue.Add("last", 1, Priority.Normal, TimeSpan.Zero);

        Assert.Equal([new("small", 0, 3), new("large", 0, 5)], queue.Cut());
        Assert.Equal([new("large", 5, 7), new("last", 0, 1)], queue.Cut());
        Assert.Null(queue.Delay(TimeSpan.Zero));
    }

    [Fact]
    public void Cut_Priorities_GoBeforeOthersThatCameEarlier()
    {
        var queue = new BatchQueue<string>(2, TimeSpan.Zero);
        queue.Add("low", 1, Priority.Low, TimeSpan.Zero);
        queue.Add("normal", 1, Priority.Normal, TimeSpan.Zero);
        queue.Add("high", 1, Priority.High, TimeSpan.Zero);

        Assert.Equal(["high", "normal"], queue.Cut().Select(part => part.Request));
        Assert.Equal(["low"], queue.Cut().Select(part => part.Request));
    }

    [Fact]
    public void Delay_FewWait_LastsUntilTheFirstHasWaitedLongEnough()
    {
        var queue = new BatchQueue<string>(4, Delay);
        Assert.Null(queue.Delay(TimeSpan.Zero));

        queue.Add("first", 1, Priority.Low, TimeSpan.FromMilliseconds(10));
        queue.Add("second", 1, Priority.High, TimeSpan.FromMilliseconds(12));

        Assert.Equal(TimeSpan.FromMilliseconds(3), queue.Delay(TimeSpan.FromMilliseconds(12)));
        Assert.Equal(TimeSpan.Zero, queue.Delay(TimeSpan.FromMilliseconds(15)));
        queue.Add("third", 2, Priority.Normal, TimeSpan.FromMilliseconds(12));
        Assert.Equal(TimeSpan.Zero, queue.Delay(TimeSpan.FromMilliseconds(12)));
    }

    [Fact]
    public void Remove_HalfTaken_TakesOutTheRestOnly()
    {
        var queue = new BatchQueue<string>(4, TimeSpan.Zero);
        queue.Add("gone", 6, Priority.Normal, TimeSpan.Zero);
        queue.Add("stays", 1, Priority.Normal, TimeSpan.Zero);
        queue.Cut();

        Assert.Equal(2, queue.Remove("gone"));
        Assert.Equal(0, queue.Remove("gone"));
        Assert.Equal([new("stays", 0, 1)], queue.Cut());
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Split_InTheMiddleOfARequest_KeepsEachInputInOrder()
    {
        var (left, right) = BatchQueue<string>.Split([new("first", 2, 3), new("second", 0, 5)], 4);

        Assert.Equal([new("first", 2, 3), new("second", 0, 1)], left);
        Assert.Equal([new("second", 1, 4)], right);
    }

    // Whatever comes, is cut and leaves: each input is in one batch at most, in order, and none is forgotten.
    [Fact]
    public void Cut_RandomTraffic_TakesEachInputOnce()
    {
        var random = TestSeed.Generator();
        for (var round = 0; round < 200; round++)
        {
            var most = random.Next(1, 20);
            var queue = new BatchQueue<string>(most, TimeSpan.Zero);
            var (sizes, taken, removed) = (
                new Dictionary<string, int>(),
                new Dictionary<string, int>(),
                new HashSet<string>()
            );
            for (var step = 0; step < 200 || queue.Count > 0; step++)
            {
                Assert.True(step < 100_000, $"{queue.Count} inputs are never cut.");
                if (step < 200 && random.Next(3) > 0)
                {
                    var name = $"{step}";
                    sizes[name] = random.Next(1, 30);
                    taken[name] = 0;
                    queue.Add(name, sizes[name], (Priority)random.Next(3), TimeSpan.Zero);
                }
                else if (sizes.Count > 0 && random.Next(4) == 0)
                {
                    var name = sizes.Keys.ElementAt(random.Next(sizes.Count));
                    var left = removed.Contains(name) ? 0 : sizes[name] - taken[name];
                    Assert.Equal(left, queue.Remove(name));
                    if (left > 0)
                        removed.Add(name);
                }
                else if (queue.Delay(TimeSpan.Zero) is not null)
                {
                    var batch = queue.Cut();
                    Assert.Contains(batch.Sum(part => part.Count), BatchQueue<string>.Sizes(most));
                    foreach (var part in batch)
                    {
                        Assert.DoesNotContain(part.Request, removed);
                        Assert.Equal(taken[part.Request], part.First);
                        taken[part.Request] += part.Count;
                    }
                }
            }

            Assert.All(sizes, item => Assert.True(removed.Contains(item.Key) || taken[item.Key] == item.Value));
        }
    }
}
