using System.Text.Json;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Predefined;

/// <summary>A network that comes with the service.</summary>
/// <param name="Name">The name, such as <c>resnet50</c>.</param>
/// <param name="Source">The network as it is written.</param>
/// <param name="Definition">The network.</param>
public sealed record PredefinedArchitecture(string Name, JsonElement Source, ArchitectureDefinition Definition)
{
    /// <summary>What its family brought.</summary>
    public ArchitectureFamily Family => ArchitectureFamily.Find(Name);

    /// <summary>How photos become its input.</summary>
    public PreprocessingPreset Preprocessing { get; } = PreprocessingPreset.Imagenet;

    /// <summary>Works out its shapes and costs.</summary>
    /// <param name="limits">How large it may be.</param>
    public ArchitectureAnalysis Analyze(ArchitectureLimits limits) => ArchitectureReader.Analyze(Source, limits);
}
