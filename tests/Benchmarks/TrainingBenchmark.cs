using System.Diagnostics;
using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.Native;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Training.Optimization;
using ModelService.TestSupport;
using static TorchSharp.torch;

namespace ModelService.Benchmarks;

/// <summary>
/// Images per second of training, beside PyTorch with the same network, batch and number of threads. The two take turns
/// over the rounds; each figure is the median over the rounds of the fastest step in each.
/// </summary>
internal static class TrainingBenchmark
{
    private const int Rounds = 7;

    public static void Run()
    {
        NativeRuntime.Prepare(new ComputeOptions());
        NativeRuntime.PrepareThread();
        using var python = Start(NativeRuntime.Threads);
        Console.WriteLine($"{NativeRuntime.Threads} threads, {MachineFigures.Now()}");
        Console.WriteLine("network    batch   ours images/s   PyTorch images/s   ratio");
        foreach (var (network, batch, steps) in new[] { ("lesson", 128, 40), ("resnet18", 32, 1) })
            Measure(python, network, batch, steps);
        python.StandardInput.Close();
        python.WaitForExit();
    }

    private static void Measure(Process python, string network, int batch, int steps)
    {
        var analysis = BenchmarkNetworks.Analyze(network);
        using var scope = NewDisposeScope();
        using var initial = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var trainer = new Trainer(
            analysis.ToPlan(),
            new FlatParameters(analysis.StateDict, initial, _ => true, CPU),
            new OptimizerDefinition { Type = OptimizerType.Sgd, WeightDecay = 1e-4 },
            new Objective(),
            EagerMode.Training
        );
        var inputs = randn([batch, .. analysis.Input.Sizes]);
        var classes = analysis.Output.ElementCount;
        var labels = randint(classes, [batch], int64);
        var request = JsonSerializer.Serialize(
            new
            {
                name = network,
                source = PyTorchSource.Write(analysis),
                batch,
                input = analysis.Input.Sizes,
                classes,
                steps,
            }
        );

        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            var times = Enumerable.Range(0, steps).Select(_ => Time(() => trainer.Step(inputs, labels, 0.01))).ToList();
            python.StandardInput.WriteLine(request);
            python.StandardInput.Flush();
            var reply = JsonSerializer.Deserialize<double[]>(python.StandardOutput.ReadLine()!)!;
            if (round == 0)
                continue; // warm-up
            ours.Add(times.Min());
            theirs.Add(reply.Min());
        }

        var (mine, other) = (batch / Median(ours), batch / Median(theirs));
        Console.WriteLine($"{network, -10} {batch, 5}   {mine, 13:F1}   {other, 16:F1}   {mine / other, 5:F2}");
    }

    private static Process Start(int threads)
    {
        var python = Process.Start(
            new ProcessStartInfo(
                Environment.GetEnvironmentVariable("PYTHON") ?? "/usr/bin/python3",
                [Repository.Path("tests", "Benchmarks", "pytorch_training.py"), $"{threads}"]
            )
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        return python.StandardOutput.ReadLine() == "ready"
            ? python
            : throw new InvalidOperationException("There is no Python with PyTorch (apt install python3-torch).");
    }

    private static double Time(Action step)
    {
        var begin = Stopwatch.GetTimestamp();
        step();
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
