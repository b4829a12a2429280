using System.Diagnostics;

namespace ModelService.Benchmarks;

/// <summary>Measures several ways in turns, so that what else the machine does falls on all of them alike.</summary>
internal sealed class Interleaved
{
    private readonly List<(string Name, Action Work, List<double> Times)> ways = [];

    public Interleaved Add(string name, Action work)
    {
        ways.Add((name, work, []));
        return this;
    }

    /// <summary>
    /// Runs all of them <paramref name="rounds"/> times and prints medians and the fastest of each, and their ratios to
    /// the first way's.
    /// </summary>
    public void Print(int rounds)
    {
        // One round unmeasured: code is compiled and the file is in the system's cache after it.
        for (var round = -1; round < rounds; round++)
        {
            foreach (var (_, work, times) in ways)
            {
                var started = Stopwatch.GetTimestamp();
                work();
                if (round >= 0)
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }

        Console.WriteLine($"{"", -44} {"median", 11} {"ratio", 8} {"fastest", 11} {"ratio", 8}");
        var (unit, least) = (Median(ways[0].Times), ways[0].Times.Min());
        foreach (var (name, _, times) in ways)
        {
            Console.WriteLine(
                $"{name, -44} {Median(times), 8:F1} ms {Median(times) / unit, 6:F2} x {times.Min(), 8:F1} ms "
                    + $"{times.Min() / least, 6:F2} x"
            );
        }
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
}
