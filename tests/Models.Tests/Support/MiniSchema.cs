using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModelService.Models.Tests.Support;

/// <summary>As much of JSON Schema 2020-12 as the architecture schema uses, by the specification's text; an unknown keyword is an error.</summary>
internal static class MiniSchema
{
    public static bool IsValid(JsonElement schema, JsonElement value) => IsValid(schema, schema, value);

    private static bool IsValid(JsonElement root, JsonElement schema, JsonElement value) =>
        schema.EnumerateObject().All(keyword => Holds(root, schema, keyword, value));

    private static bool Holds(JsonElement root, JsonElement schema, JsonProperty keyword, JsonElement value)
    {
        bool Valid(JsonElement inner, JsonElement item) => IsValid(root, inner, item);
        var (isObject, isArray, isNumber) = (
            value.ValueKind == JsonValueKind.Object,
            value.ValueKind == JsonValueKind.Array,
            value.ValueKind == JsonValueKind.Number
        );
        return keyword.Name switch
        {
            "$schema" or "$defs" or "title" or "description" or "default" or "then" => true,
            "$ref" => Valid(Resolve(root, keyword.Value.GetString()!), value),
            "type" => keyword.Value.GetString() switch
            {
                "object" => isObject,
                "array" => isArray,
                "string" => value.ValueKind == JsonValueKind.String,
                "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                "number" => isNumber,
                "integer" => isNumber && value.GetDouble() % 1 == 0,
                "null" => value.ValueKind == JsonValueKind.Null,
                var other => throw new NotSupportedException(other),
            },
            "const" => JsonElement.DeepEquals(keyword.Value, value),
            "enum" => keyword.Value.EnumerateArray().Any(item => JsonElement.DeepEquals(item, value)),
            "properties" => !isObject
                || keyword
                    .Value.EnumerateObject()
                    .All(property => !value.TryGetProperty(property.Name, out var item) || Valid(property.Value, item)),
            "additionalProperties" => !isObject
                || value
                    .EnumerateObject()
                    .All(property => schema.GetProperty("properties").TryGetProperty(property.Name, out _)),
            "required" => !isObject
                || keyword.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
            "items" => !isArray || value.EnumerateArray().All(item => Valid(keyword.Value, item)),
            "minItems" => !isArray || value.GetArrayLength() >= keyword.Value.GetInt32(),
            "maxItems" => !isArray || value.GetArrayLength() <= keyword.Value.GetInt32(),
            "minimum" => !isNumber || value.GetDouble() >= keyword.Value.GetDouble(),
            "maximum" => !isNumber || value.GetDouble() <= keyword.Value.GetDouble(),
            "pattern" => value.ValueKind != JsonValueKind.String
                || Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!),
            "anyOf" => keyword.Value.EnumerateArray().Any(item => Valid(item, value)),
            "oneOf" => keyword.Value.EnumerateArray().Count(item => Valid(item, value)) == 1,
            "allOf" => keyword.Value.EnumerateArray().All(item => Valid(item, value)),
            "not" => !Valid(keyword.Value, value),
            "if" => !Valid(keyword.Value, value) || Valid(schema.GetProperty("then"), value),
            var other => throw new NotSupportedException(other),
        };
    }

    private static JsonElement Resolve(JsonElement root, string reference) =>
        reference.Split('/').Skip(1).Aggregate(root, (element, name) => element.GetProperty(name));
}
