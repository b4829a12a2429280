using System.Buffers;
using System.Diagnostics;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Execution;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Language.Reading;
using ModelService.Models.Scheduling;
using ModelService.TestSupport;
using static TorchSharp.torch;

namespace ModelService.Benchmarks;

/// <summary>
/// How a flood of another model slows a model down: milliseconds from an input to its scores, alone, beside a flooded
/// ResNet-50 that computes when it likes, and beside one with which it takes turns; and what two flooded ResNet-18 get
/// by their weights.
/// </summary>
internal static class FairShareBenchmark
{
    private const int Rounds = 3;
    private static readonly TimeSpan Visit = TimeSpan.FromSeconds(4),
        Pause = TimeSpan.FromMilliseconds(3);

    public static async Task RunAsync()
    {
        NativeRuntime.Prepare(new ComputeOptions());
        InferenceWorker Start(string network, DeviceScheduler turns, int weight = 1) =>
            new(
                new CompiledModel(Analyze(network), seed: 1, [], CPU),
                network,
                1,
                new BatchingOptions { Weights = { [network] = weight } },
                turns,
                new ModelMetrics(network)
            );

        foreach (var network in new[] { "lesson", "squeezenet1_1", "resnet18" })
        {
            var (apart, together) = (new DeviceScheduler(1), new DeviceScheduler(1));
            using var visited = Start(network, together);
            using var inTurns = Start("resnet50", together);
            using var asItLikes = Start("resnet50", apart);
            await Task.WhenAll(visited.Warm, inTurns.Warm, asItLikes.Warm);
            List<double> alone = [],
                beside = [],
                turns = [];
            var flooded = 0.0;
            for (var round = 0; round < Rounds; round++)
            {
                alone.AddRange(await VisitAsync(visited));
                await FloodAsync(asItLikes, async () => beside.AddRange(await VisitAsync(visited)));
                flooded += await FloodAsync(inTurns, async () => turns.AddRange(await VisitAsync(visited)));
            }

            Print($"{network} alone", alone, alone);
            Print($"{network}, resnet50 flooded as it likes", beside, alone);
            Print($"{network}, resnet50 flooded, in turns ({flooded / Rounds:f1}/s)", turns, alone);
        }

        var device = new DeviceScheduler(1);
        using var light = Start("resnet18", device);
        using var heavy = Start("resnet18", device, weight: 3);
        await Task.WhenAll(light.Warm, heavy.Warm);
        var heavyRate = 0.0;
        var lightRate = await FloodAsync(
            light,
            async () => heavyRate = await FloodAsync(heavy, () => Task.Delay(4 * Visit))
        );
        Console.WriteLine(
            $"two flooded resnet18 of weights 1 and 3: {lightRate:f1} and {heavyRate:f1} inputs/s, "
                + $"{heavyRate / lightRate:f2} times"
        );
    }

    private static ArchitectureAnalysis Analyze(string network) =>
        network == "lesson"
            ? ArchitectureReader.Analyze(
                Fixtures.Json("weights", "lesson", "architecture.json"),
                new ArchitectureLimits()
            )
            : PredefinedArchitectures.Find(network)!.Analyze(new ArchitectureLimits());

    // One client that waits for its scores and then a moment.
    private static async Task<List<double>> VisitAsync(InferenceWorker worker)
    {
        var times = new List<double>();
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Visit; )
        {
            var at = Stopwatch.GetTimestamp();
            await ScoreAsync(worker);
            times.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
            await Task.Delay(Pause);
        }

        return times;
    }

    // Inputs always wait, as long as something else is done. Gives inputs per second.
    private static async Task<double> FloodAsync(InferenceWorker worker, Func<Task> meanwhile)
    {
        using var over = new CancellationTokenSource();
        var (started, count) = (Stopwatch.GetTimestamp(), 0);
        var clients = Enumerable
            .Range(0, 16)
            .Select(_ =>
                Task.Run(async () =>
                {
                    for (; !over.IsCancellationRequested; Interlocked.Increment(ref count))
                        await ScoreAsync(worker);
                })
            )
            .ToList();
        await meanwhile();
        var rate = Volatile.Read(ref count) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await over.CancelAsync();
        await Task.WhenAll(clients);
        return rate;
    }

    private static async Task ScoreAsync(InferenceWorker worker)
    {
        if (!worker.Reserve(1, Priority.Normal, TimeSpan.MaxValue).TryGet(out var place, out var refusal))
            throw new InvalidOperationException(refusal.Detail);
        using var returning = place;
        await worker.RunAsync(place, MemoryPool<float>.Shared.Rent(worker.Counts.Input), 1, CancellationToken.None);
    }

    private static void Print(string name, List<double> times, List<double> alone) =>
        Console.WriteLine(
            $"{name, -56} p50 {At(times, 50), 7:f1} ms   p95 {At(times, 95), 7:f1} ms "
                + $"{At(times, 95) / At(alone, 95), 6:f2} x"
        );

    private static double At(List<double> times, int percent) => times.Order().ElementAt(times.Count * percent / 100);
}
