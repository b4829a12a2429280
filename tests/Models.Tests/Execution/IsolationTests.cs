using System.Buffers;
using ModelService.Models.Backends;
using ModelService.Models.Execution;
using ModelService.Models.Scheduling;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Execution;

/// <summary>
/// Random traffic of many callers: requests of all sizes and priorities. Some are broken, some are given up and some
/// have little time.
/// </summary>
public sealed class IsolationTests(ITestOutputHelper output)
{
    private const int Inputs = 1_000;
    private const int Callers = 24;
    private const int MostCalls = 1_000_000;
    private const string Network = """
        { "input": { "shape": [6] }, "layers": [{ "type": "linear", "out_features": 8 }, { "type": "tanh" },
          { "type": "linear", "out_features": 5 }] }
        """;

    [Theory]
    [InlineData(1, 50_000)]
    [InlineData(3, 50_000)]
    public async Task RunAsync_RandomTraffic_GivesEachCallerTheScoresOfItsOwnInputs(int instances, int leastScored)
    {
        var metrics = new ModelMetrics("both");
        var turns = new DeviceScheduler(instances);
        var options = new BatchingOptions
        {
            QueueLimit = 160,
            MaxDelay = TimeSpan.FromMilliseconds(0.2),
            Weights = { ["second"] = 3 },
        };
        var traffic = new List<Traffic>();
        foreach (var name in new[] { "first", "second" })
        {
            var model = new CompiledModel(Networks.Analyze(Network), seed: name.Length, [], CPU);
            traffic.Add(
                new Traffic(model, new InferenceWorker(model, name, 1, options, turns, metrics), leastScored / 2)
            );
        }

        await Task.WhenAll(
            traffic.SelectMany(model =>
                Enumerable
                    .Range(0, Callers / 2)
                    .Select(caller => Task.Run(() => model.CallAsync(TestSeed.Generator(caller))))
            )
        );

        foreach (var model in traffic)
        {
            model.Worker.Dispose();
            output.WriteLine(
                $"{model.Scored} inputs scored; of the requests, {model.Failed} failed, {model.GivenUp} were "
                    + $"given up, {model.Refused} refused; batches up to {model.LargestBatch}"
            );
            Assert.Equal([], model.Wrong);
            Assert.True(model is { Failed: > 0, GivenUp: > 0, LargestBatch: 8 }, "Some kind of traffic is missing.");
            Assert.Equal(model.Rented, model.Returned);
        }

        Assert.Equal(0, metrics.Waiting);
    }

    // A model and those who call it.
    private sealed class Traffic
    {
        private readonly float[][] inputs,
            alone;
        private readonly int leastScored;
        private int scored,
            failed,
            givenUp,
            refused,
            rented,
            returned,
            largestBatch;

        public Traffic(CompiledModel model, InferenceWorker worker, int leastScored)
        {
            (Worker, this.leastScored) = (worker, leastScored);
            var random = TestSeed.Generator();
            inputs =
            [
                .. Enumerable
                    .Range(0, Inputs)
                    .Select(_ =>
                        Enumerable.Range(0, model.InputCount).Select(_ => random.NextSingle() - 0.5f).ToArray()
                    ),
            ];
            alone = [.. inputs.Select(input => model.Run(input, 1))];
        }

        public InferenceWorker Worker { get; }

        public int Scored => scored;

        public int Failed => failed;

        public int GivenUp => givenUp;

        public int Refused => refused;

        public int Rented => rented;

        public int Returned => returned;

        public int LargestBatch => largestBatch;

        // What a caller got that it should not have got.
        public List<string> Wrong { get; } = [];

        public async Task CallAsync(Random random)
        {
            for (var calls = 0; Volatile.Read(ref scored) < leastScored; calls++)
            {
                Assert.True(calls < MostCalls, $"Only {scored} inputs are scored.");
                var chosen = Enumerable
                    .Range(0, random.Next(1, random.Next(2, 30)))
                    .Select(_ => random.Next(Inputs))
                    .ToList();
                var isBroken = random.Next(20) == 0;
                using var leaving = new CancellationTokenSource();
                var request = RunAsync(chosen, isBroken, (Priority)random.Next(3), leaving.Token);
                if (random.Next(8) == 0)
                    leaving.CancelAfter(TimeSpan.FromMilliseconds(random.Next(2)));
                else if (random.Next(8) == 0)
                    await leaving.CancelAsync();
                try
                {
                    if (await request is { } result)
                        Check(result, chosen, isBroken);
                    else
                        Interlocked.Increment(ref refused);
                }
                catch (BrokenInputException) when (isBroken)
                {
                    Interlocked.Increment(ref failed);
                }
                catch (OperationCanceledException exception) when (exception.CancellationToken == leaving.Token)
                {
                    Interlocked.Increment(ref givenUp);
                }
            }
        }

        // Null when there is no room.
        private async Task<RunResult?> RunAsync(
            List<int> chosen,
            bool isBroken,
            Priority priority,
            CancellationToken cancellationToken
        )
        {
            await Task.Yield();
            if (!Worker.Reserve(chosen.Count, priority, TimeSpan.MaxValue).TryGet(out var place, out _))
                return null;
            using var returning = place;
            return await Worker.RunAsync(place, Request(chosen, isBroken), chosen.Count, cancellationToken);
        }

        private void Check(RunResult result, List<int> chosen, bool isBroken)
        {
            var classes = alone[0].Length;
            for (var i = 0; i < chosen.Count; i++)
            {
                var worst = alone[chosen[i]]
                    .Zip(result.Scores.Skip(i * classes), (left, right) => Math.Abs(left - right))
                    .Max();
                if (isBroken || worst > 1e-5)
                {
                    lock (Wrong)
                    {
                        Wrong.Add(
                            $"Input {i} of {chosen.Count} in a {(isBroken ? "broken" : "whole")} request is off "
                                + $"by {worst}."
                        );
                    }
                }
            }

            Interlocked.Add(ref scored, chosen.Count);
            lock (Wrong)
                largestBatch = Math.Max(largestBatch, result.BatchSize);
        }

        private OwnedInputs Request(List<int> chosen, bool isBroken)
        {
            Interlocked.Increment(ref rented);
            return new OwnedInputs(
                [.. chosen.SelectMany(number => inputs[number])],
                isBroken,
                () => Interlocked.Increment(ref returned)
            );
        }
    }

    // Inputs that say when they are given back. Broken ones throw when they are computed, as libtorch would.
    private sealed class OwnedInputs(float[] numbers, bool isBroken, Action returned) : IMemoryOwner<float>
    {
        public Memory<float> Memory => isBroken ? throw new BrokenInputException() : numbers;

        public void Dispose() => returned();
    }

    private sealed class BrokenInputException : Exception;
}
