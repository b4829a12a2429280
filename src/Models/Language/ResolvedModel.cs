using System.Text.Json;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language;

/// <summary>Everything that is decided of a model before anything is built: its definition with the base looked up and all checked.</summary>
public sealed class ResolvedModel
{
    /// <summary>What the client asked for, with what a derived model inherits filled in.</summary>
    public required ModelDefinition Definition { get; init; }

    /// <summary>The network, its head replaced if that was asked for.</summary>
    public required ArchitectureDefinition Architecture { get; init; }

    /// <summary>The network's shapes and costs.</summary>
    public required ArchitectureAnalysis Analysis { get; init; }

    /// <summary>How photos become the input; null for a network whose input is no picture of 1 or 3 channels.</summary>
    public required PreprocessingDefinition? Preprocessing { get; init; }

    /// <summary>Classes the model tells apart.</summary>
    public int ClassCount => (int)Analysis.Output.Sizes[0];

    /// <summary>The same network under another definition.</summary>
    internal ResolvedModel With(ModelDefinition definition) =>
        new()
        {
            Definition = definition,
            Architecture = Architecture,
            Analysis = Analysis,
            Preprocessing = Preprocessing,
        };

    /// <summary>Reads a definition and checks all of it.</summary>
    /// <param name="json">What the client sent.</param>
    /// <param name="limits">How large a network may be.</param>
    /// <param name="findModel">Finds the model that <c>from</c> names, or throws what is to be said of it.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/> with every error and its place.</exception>
    public static ResolvedModel Read(
        JsonElement json,
        ArchitectureLimits limits,
        Func<ModelReference, ResolvedModel>? findModel = null
    )
    {
        var errors = new DefinitionErrors();
        var definition = new StrictReader(errors, limits.MaxLayers).Read<ModelDefinition>(json, "");
        var resolved = definition is null ? null : new ModelResolver(limits, findModel, errors).Resolve(definition);
        return errors.Count == 0 ? resolved! : throw errors.Exception(json);
    }
}
