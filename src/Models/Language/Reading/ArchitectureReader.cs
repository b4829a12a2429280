using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;

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

    /// <summary>
    /// Reads an architecture as a model without a name. One that does not end with a vector, as a classifier does, gets
    /// a flatten layer at its end.
    /// </summary>
    /// <param name="json">The architecture, in the architecture language.</param>
    /// <param name="limits">How large it may be.</param>
    /// <returns>The model, and the key of the last layer that was written.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/> with every error and its place.
    /// </exception>
    internal static (ResolvedModel Model, string LastLayer) ReadAlone(JsonElement json, ArchitectureLimits limits)
    {
        var alone = Analyze(json, limits);
        var errors = new DefinitionErrors();
        var architecture = new StrictReader(errors, limits.MaxLayers).Read<ArchitectureDefinition>(json, "")!;
        if (alone.Output.Rank > 1)
            architecture = architecture with { Layers = [.. architecture.Layers, new Flatten()] };
        var definition = new ModelDefinition { Name = "network", Architecture = architecture };
        var model = new ModelResolver(limits, findModel: null, errors).Resolve(definition);
        return errors.Count == 0 ? (model!, alone.Layers[^1].Key) : throw errors.Exception(json);
    }
}
