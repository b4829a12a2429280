using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Language.Reading;
using ModelService.TestSupport;

namespace ModelService.Benchmarks;

/// <summary>The networks that are measured: predefined ones, and the lesson's small one for 32x32 pictures.</summary>
internal static class BenchmarkNetworks
{
    public static readonly string[] Names = ["resnet50", "resnet18", "alexnet", "mobilenet_v2", "lesson"];

    public static ArchitectureAnalysis Analyze(string name) =>
        name == "lesson"
            ? ArchitectureReader.Analyze(
                Fixtures.Json("weights", "lesson", "architecture.json"),
                new ArchitectureLimits()
            )
            : PredefinedArchitectures.Find(name)!.Analyze(new ArchitectureLimits());
}
