using System.Text.Json.Nodes;

namespace ModelService.Models.Language.Parameters;

/// <summary>Parts of a JSON Schema.</summary>
internal static class SchemaNodes
{
    /// <summary>A value of one of JSON's types, such as <c>"boolean"</c>.</summary>
    public static JsonObject OfType(string type) => new() { ["type"] = type };

    /// <summary>One of several texts.</summary>
    public static JsonObject OneOf(IEnumerable<string> texts) => new() { ["enum"] = Texts(texts) };

    /// <summary>A value that is valid under at least one of several schemas.</summary>
    public static JsonObject AnyOf(params JsonNode[] schemas) => new() { ["anyOf"] = new JsonArray(schemas) };

    /// <summary>A reference to a schema in the document's <c>$defs</c>.</summary>
    public static JsonObject Reference(string name) => new() { ["$ref"] = $"#/$defs/{name}" };

    /// <summary>A list of texts.</summary>
    public static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
