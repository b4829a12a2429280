using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Reading;

/// <summary>Reads and analyses an architecture that is not part of a model's definition.</summary>
public static class ArchitectureReader
{
    /// <summary>Reads an architecture and computes its shapes and costs, without building the network.</summary>
    /// <param name="json">The architecture, in the architecture language.</param>
    /// <param name="limits">How large it may be.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/> with every error and its place.
    /// </exception>
    public static ArchitectureAnalysis Analyze(JsonElement json, ArchitectureLimits limits)
    {
        var errors = new DefinitionErrors();
        var architecture = new StrictReader(errors, limits.MaxLayers).Read<ArchitectureDefinition>(json, "");
        var analysis = architecture is null ? null : ArchitectureAnalyzer.Analyze(architecture, limits, errors);
        return errors.Count == 0 ? analysis! : throw errors.Exception(json, analysis);
    }
}
