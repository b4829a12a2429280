using System.Diagnostics;
using static TorchSharp.torch;

namespace ModelService.Benchmarks;

/// <summary>One of several ways to compute a batch, which take turns over rounds.</summary>
/// <param name="run">Computes a batch.</param>
internal sealed class MeasuredCase(Action run)
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(400);
    private readonly List<double> rounds = [];

    /// <summary>The fastest run, in ms per input.</summary>
    public double Fastest => rounds.Min();

    /// <summary>The median over the rounds of the fastest run in each, in ms per input.</summary>
    public double Median => rounds.Order().ElementAt(rounds.Count / 2);

    /// <summary>A case of which the result is freed after each run.</summary>
    public static MeasuredCase Of(Func<Tensor> forward) =>
        new(() =>
        {
            using var scope = NewDisposeScope();
            forward();
        });

    /// <summary>Runs it for a while.</summary>
    /// <param name="batch">Inputs that a run computes.</param>
    /// <param name="isWarmup">Whether the round does not count.</param>
    public void Round(int batch, bool isWarmup)
    {
        var times = new List<double>();
        for (var started = Stopwatch.GetTimestamp(); times.Count < 3 || Stopwatch.GetElapsedTime(started) < Least; )
        {
            var at = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds / batch);
        }

        if (!isWarmup)
            rounds.Add(times.Min());
    }
}
