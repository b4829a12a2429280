using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// A blueprint as JSON that needs nothing else to be read back: what the client asked for, and beside it the whole network, so that neither
/// the model it derives from nor a predefined architecture has to be there.
/// </summary>
internal static class StoredBlueprint
{
    private const string DefinitionName = "definition",
        ArchitectureName = "architecture";

    /// <summary>Writes a blueprint. Its samples are left out: they stand in a file of their own.</summary>
    public static JsonObject Write(ModelBlueprint blueprint) =>
        new()
        {
            [DefinitionName] = ArchitectureWriter.WriteRecord(
                blueprint.Definition with
                {
                    Architecture = null,
                    Samples = null,
                }
            ),
            [ArchitectureName] = ArchitectureWriter.WriteRecord(blueprint.Architecture),
        };

    /// <summary>Reads a blueprint back, and checks it as if a client had sent it.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/>.</exception>
    public static ModelBlueprint Read(JsonElement json, ArchitectureLimits limits)
    {
        if (
            json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty(DefinitionName, out var definitionJson)
            || !json.TryGetProperty(ArchitectureName, out var architectureJson)
        )
        {
            throw new ServingException(
                ErrorCode.DefinitionInvalid,
                $"It has no '{DefinitionName}' and '{ArchitectureName}'."
            );
        }

        var errors = new DefinitionErrors();
        var reader = new StrictReader(errors, limits.MaxLayers);
        var definition = reader.Read<ModelDefinition>(definitionJson, "/" + DefinitionName);
        var architecture = reader.Read<ArchitectureDefinition>(architectureJson, "/" + ArchitectureName);
        var blueprint =
            definition is null || architecture is null
                ? null
                : new BlueprintReader(limits, null, errors).Restore(definition, architecture);
        return errors.Count == 0 ? blueprint! : throw errors.Exception(json);
    }
}
