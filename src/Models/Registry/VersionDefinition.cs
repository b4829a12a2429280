using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;

namespace ModelService.Models.Registry;

/// <summary>
/// Completes the definition of a new version: properties that it leaves out come from the model's default version.
/// </summary>
internal static class VersionDefinition
{
    /// <summary>
    /// Adds the model's name, and a reference to the default version if the definition names no other origin.
    /// </summary>
    /// <param name="json">The client's definition: that of a model, in part and without a name.</param>
    /// <param name="entry">The model.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/>: the definition has a name other than the model's.
    /// </exception>
    public static JsonElement Complete(JsonElement json, ModelEntry entry)
    {
        // The reader of definitions reports values that are not objects.
        if (json.ValueKind != JsonValueKind.Object)
            return json;
        var name = json.TryGetProperty("name", out var given) ? given : default;
        if (
            name.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null)
            && !(name.ValueKind == JsonValueKind.String && name.ValueEquals(entry.Name))
        )
        {
            const string Detail = "A version always has its model's name. Leave this property out.";
            throw new ServingException(ErrorCode.DefinitionInvalid, Detail, [new ErrorDetail("/name", Detail)]);
        }

        // JsonObject can't hold repeated properties. The reader of definitions reports them.
        if (json.EnumerateObject().DistinctBy(property => property.Name).Count() != json.GetPropertyCount())
            return json;
        var definition = JsonObject.Create(json)!;
        definition["name"] = entry.Name;
        var source = entry.Default;
        if (definition["base"] is null && definition["from"] is null && source.Current.Resolved is not null)
            definition["from"] = $"{entry.Name}@{source.Version}";
        return JsonSerializer.SerializeToElement(definition);
    }
}
