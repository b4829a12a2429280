using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// A resolved model as JSON: the client's definition, and beside it the whole network. Reading it back needs neither
/// the model it derives from nor a predefined architecture.
/// </summary>
internal static class ResolvedModelJson
{
    private const string DefinitionName = "definition",
        ArchitectureName = "architecture",
        QuantizationName = "quantization";

    /// <summary>Writes a resolved model, without its samples, which are kept in a file of their own.</summary>
    public static JsonObject Write(ResolvedModel model)
    {
        var json = new JsonObject
        {
            [DefinitionName] = ArchitectureWriter.WriteRecord(
                model.Definition with
                {
                    Architecture = null,
                    Samples = null,
                }
            ),
            [ArchitectureName] = ArchitectureWriter.WriteRecord(model.Architecture),
        };
        if (model.Quantization is { } quantization)
            json[QuantizationName] = QuantizationJson.Write(quantization);
        return json;
    }

    /// <summary>Reads a resolved model back, and checks it like a client's definition.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/> with every error.</exception>
    public static ResolvedModel Read(JsonElement json, ArchitectureLimits limits)
    {
        if (
            json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty(DefinitionName, out var definitionJson)
            || !json.TryGetProperty(ArchitectureName, out var architectureJson)
        )
        {
            throw new ServingException(
                ErrorCode.DefinitionInvalid,
                $"The JSON must be an object with '{DefinitionName}' and '{ArchitectureName}'."
            );
        }

        var errors = new DefinitionErrors();
        var reader = new StrictReader(errors, limits.MaxLayers);
        var definition = reader.Read<ModelDefinition>(definitionJson, "/" + DefinitionName);
        var architecture = reader.Read<ArchitectureDefinition>(architectureJson, "/" + ArchitectureName);
        var model =
            definition is null || architecture is null
                ? null
                : new ModelResolver(limits, null, errors).Restore(definition, architecture);
        if (errors.Count > 0)
            throw errors.Exception(json);
        if (definition!.Precision != Precision.Int8)
            return model!;
        return json.TryGetProperty(QuantizationName, out var quantization)
            ? model!.With(QuantizationJson.Read(quantization))
            : throw new ServingException(
                ErrorCode.DefinitionInvalid,
                $"A model in 'int8' must have '{QuantizationName}'."
            );
    }
}
