using System.Text.Json;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language;

/// <summary>
/// A model before it is built: its definition, checked as a whole, and the network that the definition asks for, with
/// its base looked up and analysed.
/// </summary>
public sealed class ResolvedModel
{
    /// <summary>The client's definition, with the properties that a derived model inherits filled in.</summary>
    public required ModelDefinition Definition { get; init; }

    /// <summary>The network, its head replaced if the definition asks for that.</summary>
    public required ArchitectureDefinition Architecture { get; init; }

    /// <summary>The network's shapes and costs.</summary>
    public required ArchitectureAnalysis Analysis { get; init; }

    /// <summary>How photos become the input; null when the input is not a picture of 1 or 3 channels.</summary>
    public required PreprocessingDefinition? Preprocessing { get; init; }

    /// <summary>How its layers compute with 8-bit integers; null where the precision is another one.</summary>
    public Quantization? Quantization { get; init; }

    /// <summary>Number of classes, each with a score in the output.</summary>
    public int ClassCount => (int)Analysis.Output.Sizes[0];

    /// <summary>The same network under another definition.</summary>
    internal ResolvedModel With(ModelDefinition definition) =>
        new()
        {
            Definition = definition,
            Architecture = Architecture,
            Analysis = Analysis,
            Preprocessing = Preprocessing,
            Quantization = definition.Precision == Precision.Int8 ? Quantization : null,
        };

    /// <summary>The same network with layers that compute with 8-bit integers.</summary>
    internal ResolvedModel With(Quantization quantization) =>
        new()
        {
            Definition = Definition with { Precision = Precision.Int8 },
            Architecture = Architecture,
            Analysis = Analysis,
            Preprocessing = Preprocessing,
            Quantization = quantization,
        };

    /// <summary>Reads a client's definition and checks all of it.</summary>
    /// <param name="json">The definition.</param>
    /// <param name="limits">How large a network may be.</param>
    /// <param name="findModel">
    /// Finds the model that <c>from</c> names, or throws a <see cref="ServingException"/>.
    /// </param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/> with every error and its place.
    /// </exception>
    public static ResolvedModel Read(
        JsonElement json,
        ArchitectureLimits limits,
        Func<ModelReference, ResolvedModel>? findModel = null
    )
    {
        var errors = new DefinitionErrors();
        var definition = new StrictReader(errors, limits.MaxLayers).Read<ModelDefinition>(json, "");
        var model = definition is null ? null : new ModelResolver(limits, findModel, errors).Resolve(definition);
        return errors.Count == 0 ? model! : throw errors.Exception(json);
    }
}
