using System.Diagnostics;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using TorchSharp;

namespace ModelService.Benchmarks;

/// <summary>How long the analysis of the deepest predefined network takes. Aim: under 5 ms, and no tensor.</summary>
internal static class AnalysisBenchmark
{
    private const string Network = "resnet152";
    private const int WarmUp = 50,
        Rounds = 200;

    /// <summary>Measures and prints.</summary>
    public static void Run()
    {
        var (architecture, limits) = (PredefinedArchitectures.Find(Network)!, new ArchitectureLimits());
        for (var i = 0; i < WarmUp; i++)
            architecture.Analyze(limits);

        var milliseconds = new double[Rounds];
        var (allocated, tensors) = (GC.GetAllocatedBytesForCurrentThread(), torch.Tensor.TotalCount);
        for (var i = 0; i < Rounds; i++)
        {
            var began = Stopwatch.GetTimestamp();
            architecture.Analyze(limits);
            milliseconds[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        allocated = (GC.GetAllocatedBytesForCurrentThread() - allocated) / Rounds;
        tensors = torch.Tensor.TotalCount - tensors;
        Array.Sort(milliseconds);
        Console.WriteLine(
            $"{Network}: read and analysed in {milliseconds[Rounds / 2]:F2} ms (median; best "
                + $"{milliseconds[0]:F2}), {allocated / 1024} KB managed, {tensors} tensors"
        );
    }
}
