using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;

namespace ModelService.Models.Language.Reading;

/// <summary>
/// A resolved model as JSON that needs nothing else to be read back: what the client asked for, and beside it the whole network, so that neither
/// the model it derives from nor a predefined architecture has to be there.
/// </summary>
internal static class ResolvedModelJson
{
    private const string DefinitionName = "definition",
        ArchitectureName = "architecture";

    /// <summary>Writes a resolved model. Its samples are left out: they stand in a file of their own.</summary>
    public static JsonObject Write(ResolvedModel resolved) =>
        new()
        {
            [DefinitionName] = ArchitectureWriter.WriteRecord(
                resolved.Definition with
                {
                    Architecture = null,
                    Samples = null,
                }
            ),
            [ArchitectureName] = ArchitectureWriter.WriteRecord(resolved.Architecture),
        };

    /// <summary>Reads a resolved model back, and checks it as if a client had sent it.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/>.</exception>
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
                $"It has no '{DefinitionName}' and '{ArchitectureName}'."
            );
        }

        var errors = new DefinitionErrors();
        var reader = new StrictReader(errors, limits.MaxLayers);
        var definition = reader.Read<ModelDefinition>(definitionJson, "/" + DefinitionName);
        var architecture = reader.Read<ArchitectureDefinition>(architectureJson, "/" + ArchitectureName);
        var resolved =
            definition is null || architecture is null
                ? null
                : new ModelResolver(limits, null, errors).Restore(definition, architecture);
        return errors.Count == 0 ? resolved! : throw errors.Exception(json);
    }
}
