using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Registry;

namespace ModelService.Api.Requests;

/// <summary>Makes a whole definition of that of a new version: what it leaves out comes from the model's default version.</summary>
internal static class VersionDefinition
{
    /// <summary>Fills in what is missing.</summary>
    /// <param name="json">What the client sent: a model's definition in part, without a name.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/>: it has a name, which is not the model's.</exception>
    public static JsonElement Complete(JsonElement json, ModelEntry model)
    {
        // What is no object is told by the reader.
        if (json.ValueKind != JsonValueKind.Object)
            return json;
        var name = json.TryGetProperty("name", out var given) ? given : default;
        if (
            name.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null)
            && !(name.ValueKind == JsonValueKind.String && name.ValueEquals(model.Name))
        )
        {
            const string Detail = "A version has its model's name: leave this out.";
            throw new ServingException(ErrorCode.DefinitionInvalid, Detail, [new ErrorDetail("/name", Detail)]);
        }

        // Repeated properties can't be put into an object, so those go to the reader as they are, to be told.
        if (json.EnumerateObject().DistinctBy(property => property.Name).Count() != json.GetPropertyCount())
            return json;
        var whole = JsonObject.Create(json)!;
        whole["name"] = model.Name;
        var source = model.Default;
        if (whole["base"] is null && whole["from"] is null && source.IsKnown)
            whole["from"] = $"{model.Name}@{source.Version}";
        return JsonSerializer.SerializeToElement(whole);
    }
}
