using System.Text.Json;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Predefined;

/// <summary>A network that comes with the service.</summary>
/// <param name="Name">The name, such as <c>resnet50</c>.</param>
/// <param name="Source">The network's JSON, in the architecture language.</param>
/// <param name="Definition">The network.</param>
public sealed record PredefinedArchitecture(string Name, JsonElement Source, ArchitectureDefinition Definition)
{
    /// <summary>The family that the network belongs to.</summary>
    public ArchitectureFamily Family => ArchitectureFamily.Find(Name);

    /// <summary>How photos become the network's input: as its weights were trained.</summary>
    public PreprocessingChoice Preprocessing =>
        Definition.Preprocessing
        ?? new PreprocessingChoice(PretrainedWeights.Find(Name)?.Preprocessing ?? PreprocessingPreset.Imagenet, null);

    /// <summary>Computes the network's shapes and costs.</summary>
    /// <param name="limits">How large the network may be.</param>
    public ArchitectureAnalysis Analyze(ArchitectureLimits limits) => ArchitectureReader.Analyze(Source, limits);
}
