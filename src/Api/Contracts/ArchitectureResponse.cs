using System.Text.Json;
using ModelService.Models.Language;
using ModelService.Models.Language.Predefined;

namespace ModelService.Api.Contracts;

/// <summary>The predefined architectures.</summary>
/// <param name="Architectures">The architectures' names.</param>
/// <param name="Pretrained">
/// The names of those that come with weights, for <c>"pretrained": true</c> in a model's definition.
/// </param>
public sealed record ArchitectureListResponse(IReadOnlyList<string> Architectures, IReadOnlyList<string> Pretrained);

/// <summary>A predefined architecture.</summary>
/// <param name="Name">The architecture's name, to be used as <c>"base"</c> in a model's definition.</param>
/// <param name="Family">The family of networks it belongs to, with the paper that introduced it.</param>
/// <param name="Preprocessing">How a photo becomes the network's input: a preset's name, or a definition.</param>
/// <param name="Pretrained">Whether it comes with weights, for <c>"pretrained": true</c> in a definition.</param>
/// <param name="Definition">The network in the architecture language. Copy it to write a network of your own.</param>
/// <param name="Analysis">The network's shapes, parameters and costs.</param>
public sealed record ArchitectureResponse(
    string Name,
    ArchitectureFamily Family,
    PreprocessingChoice Preprocessing,
    bool Pretrained,
    JsonElement Definition,
    AnalysisResponse Analysis
)
{
    internal static ArchitectureResponse Create(PredefinedArchitecture architecture, AnalysisResponse analysis) =>
        new(
            architecture.Name,
            architecture.Family,
            architecture.Preprocessing,
            PretrainedWeights.Find(architecture.Name) is { IsThere: true },
            architecture.Source,
            analysis
        );
}
