using System.Diagnostics;
using ModelService.Models.Backends.Native;
using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>Times executors. They take turns, so that a busy machine slows all of them.</summary>
internal static class ExecutorTimer
{
    /// <summary>Times executors, after a first run of each that prepares it.</summary>
    /// <param name="timed">The executors with their batches; borrowed.</param>
    /// <param name="countRounds">How often each runs, by the milliseconds of a round of all; at least once.</param>
    /// <param name="pool">Computes parts of a batch side by side; null: one thread computes.</param>
    /// <returns>Milliseconds of a batch by each: its fastest run.</returns>
    public static double[] Measure(
        IReadOnlyList<(IExecutor Executor, Tensor Batch)> timed,
        Func<double, int> countRounds,
        IntraBatchPool? pool = null
    )
    {
        Run();
        var fastest = Run();
        var rounds = countRounds(fastest.Sum());
        for (var round = 1; round < rounds; round++)
            fastest = [.. fastest.Zip(Run(), Math.Min)];
        return fastest;

        double[] Run() => [.. timed.Select(item => Milliseconds(item.Executor, item.Batch, pool))];
    }

    private static double Milliseconds(IExecutor executor, Tensor batch, IntraBatchPool? pool)
    {
        using var scope = NewDisposeScope();
        var began = Stopwatch.GetTimestamp();
        executor.Forward(batch, pool).cpu(); // waits for a GPU
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }
}
