using System.Diagnostics;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using static TorchSharp.torch;

namespace ModelService.Benchmarks;

/// <summary>
/// Batches of ResNet-50 side by side on one set of weights, each computed with some threads: inputs per second and
/// milliseconds per batch. The ways take turns over the rounds, so that a busy machine slows all of them; the figures
/// are medians.
/// </summary>
internal static class InstancesBenchmark
{
    private const int Rounds = 7;
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1.5);
    private static readonly (int Instances, int Threads)[] Ways = [(1, 2), (2, 1), (2, 2), (1, 1)];

    public static void Run()
    {
        NativeRuntime.Prepare(new ComputeOptions());
        using var model = new CompiledModel(
            PredefinedArchitectures.Find("resnet50")!.Analyze(new ArchitectureLimits()),
            seed: 1,
            [],
            CPU
        );
        Console.WriteLine("instances threads batch   inputs/s   ms/batch");
        foreach (var batch in new[] { 1, 8 })
        {
            var rounds = Ways.Select(way => (Way: way, Figures: new List<(double Rate, double Ms)>())).ToList();
            for (var round = -1; round < Rounds; round++)
            {
                foreach (var (way, figures) in rounds)
                {
                    var figure = Measure(model, batch, way.Instances, way.Threads);
                    if (round >= 0)
                        figures.Add(figure);
                }
            }

            foreach (var (way, figures) in rounds)
            {
                Console.WriteLine(
                    $"{way.Instances, 9}{way.Threads, 8}{batch, 6}"
                        + $"{Median(figures.Select(figure => figure.Rate)), 11:f1}"
                        + $"{Median(figures.Select(figure => figure.Ms)), 11:f1}"
                );
            }
        }
    }

    private static (double Rate, double Ms) Measure(CompiledModel model, int batch, int instances, int threads)
    {
        var times = new List<double>[instances];
        var input = new float[batch * model.InputCount];
        var runners = Enumerable
            .Range(0, instances)
            .Select(number => new Thread(() =>
            {
                NativeRuntime.ComputeWith(threads);
                model.Run(input, batch);
                times[number] = [];
                for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Least; )
                {
                    var at = Stopwatch.GetTimestamp();
                    model.Run(input, batch);
                    times[number].Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
                }
            }))
            .ToList();
        runners.ForEach(thread => thread.Start());
        runners.ForEach(thread => thread.Join());
        return (times.Sum(own => batch * own.Count / (own.Sum() / 1000)), Median(times.SelectMany(own => own)));
    }

    private static double Median(IEnumerable<double> values) =>
        values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;
}
