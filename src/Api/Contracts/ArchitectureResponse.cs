using System.Text.Json;
using ModelService.Models.Language;
using ModelService.Models.Language.Predefined;

namespace ModelService.Api.Contracts;

/// <summary>The predefined architectures.</summary>
/// <param name="Architectures">Their names.</param>
public sealed record ArchitectureListResponse(IReadOnlyList<string> Architectures);

/// <summary>A predefined architecture.</summary>
/// <param name="Name">Its name, for <c>"base"</c>.</param>
/// <param name="Family">What its family brought, with the paper.</param>
/// <param name="Preprocessing">How photos become its input.</param>
/// <param name="Definition">The network in the architecture language: copy it to make your own.</param>
/// <param name="Analysis">What it comes to.</param>
public sealed record ArchitectureResponse(
    string Name,
    ArchitectureFamily Family,
    PreprocessingPreset Preprocessing,
    JsonElement Definition,
    AnalysisResponse Analysis
)
{
    internal static ArchitectureResponse Create(PredefinedArchitecture architecture, AnalysisResponse analysis) =>
        new(architecture.Name, architecture.Family, architecture.Preprocessing, architecture.Source, analysis);
}
