using System.Globalization;
using ModelService.Models.Backends;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Weights;

namespace ModelService.Benchmarks;

/// <summary>ResNet-50's 102 MB from disk into a model, against reading the file.</summary>
internal static class WeightsBenchmark
{
    private const int Rounds = 21;
    private const int AtOnce = 1 << 20;

    private static readonly byte[] Buffer = new byte[AtOnce];

    public static void Run()
    {
        var network = PredefinedArchitectures.Find("resnet50")!.Analyze(new ArchitectureLimits());
        var path = Path.Combine(Path.GetTempPath(), $"benchmark-{Guid.NewGuid():N}.pth");
        try
        {
            PyTorchFile.Write(path, network.StateDict);
            Console.WriteLine($"resnet50.pth, {new FileInfo(path).Length / 1e6:F1} MB, in the system's cache");
            using var parameters = ParameterStore.Create(network.StateDict, seed: 1, []);
            var growth = PeakGrowth(() => Load(path, network, parameters));
            new Interleaved()
                .Add("read the file (File.ReadAllBytes)", () => File.ReadAllBytes(path))
                .Add("read the file (1 MiB at a time, not kept)", () => Read(path))
                .Add("open and check it", () => Open(path))
                .Add("load it into a model that is there", () => Load(path, network, parameters))
                .Add("build a random model", () => ParameterStore.Create(network.StateDict, seed: 1, []).Dispose())
                .Add("build a model with it", () => Build(path, network))
                .Print(Rounds);
            if (growth is { } bytes)
                Console.WriteLine($"peak memory while loading: {bytes / 1e6:F1} MB above the model's own");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Read(string path)
    {
        using var file = File.OpenHandle(path);
        for (var offset = 0L; RandomAccess.Read(file, Buffer, offset) is var read and > 0; offset += read) { }
    }

    private static void Open(string path) => WeightsFile.Open(path, WeightsLimits.Default).Dispose();

    private static void Load(string path, ArchitectureAnalysis network, ParameterStore parameters)
    {
        using var file = WeightsFile.Open(path, WeightsLimits.Default);
        var report = StateDictMatch.Compare(network.StateDict, file.Tensors);
        report.ThrowIfMismatched();
        parameters.Load(report.Pairs);
    }

    private static void Build(string path, ArchitectureAnalysis network)
    {
        using var file = WeightsFile.Open(path, WeightsLimits.Default);
        var report = StateDictMatch.Compare(network.StateDict, file.Tensors);
        report.ThrowIfMismatched();
        ParameterStore.Create(network.StateDict, seed: null, report.Pairs).Dispose();
    }

    // Linux counts the peak of resident memory, and starts anew when told to.
    private static long? PeakGrowth(Action work)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        File.WriteAllText("/proc/self/clear_refs", "5");
        var before = Status("VmRSS:");
        work();
        return Status("VmHWM:") - before;
    }

    private static long Status(string field) =>
        long.Parse(
            File.ReadLines("/proc/self/status")
                .First(line => line.StartsWith(field, StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture
        ) << 10;
}
