using System.Globalization;

namespace ModelService.TestSupport;

/// <summary>What a measurement depends on besides the code.</summary>
public static class MachineFigures
{
    private const double MiB = 1 << 20;

    /// <summary>Cores, processor, memory, load and this process's resident memory, on one line.</summary>
    public static string Now() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores ({Field("/proc/cpuinfo", "model name")}), "
                + $"memory {Field("/proc/meminfo", "MemTotal")}, available {Field("/proc/meminfo", "MemAvailable")}, "
                + $"load average {Load()}, resident {Environment.WorkingSet / MiB:f0} MiB, "
                + $"managed {GC.GetTotalMemory(forceFullCollection: false) / MiB:f0} MiB"
        );

    // Linux says it in files; elsewhere it stays unknown.
    private static string Field(string path, string name) =>
        Lines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':')[1].Trim()
        ?? "unknown";

    private static string Load() => Lines("/proc/loadavg").FirstOrDefault() ?? "unknown";

    private static string[] Lines(string path) => File.Exists(path) ? File.ReadAllLines(path) : [];
}
