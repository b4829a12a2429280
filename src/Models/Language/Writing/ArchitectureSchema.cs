using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Parameters;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Writing;

/// <summary>The architecture language as a JSON Schema (draft 2020-12), of the records that the reader fills.</summary>
public static class ArchitectureSchema
{
    /// <summary>The schema; serve it, or point an editor at it.</summary>
    public static JsonElement Document { get; } = JsonSerializer.SerializeToElement(Create());

    private static JsonObject Create()
    {
        var definitions = new JsonObject { ["layer"] = AnyLayer(), ["input"] = Input() };
        foreach (var kind in LayerCatalogue.All)
        {
            var layer = Record(kind.Type);
            layer["description"] = kind.Meaning;
            ((JsonObject)layer["properties"]!).Insert(0, "type", new JsonObject { ["const"] = kind.Name });
            layer["required"] = new JsonArray([
                "type",
                .. kind.Members.Members.Where(member => member.Required).Select(member => (JsonNode)member.Name),
            ]);
            definitions[kind.Name] = layer;
        }

        var schema = Record(typeof(ArchitectureDefinition));
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "Model Service architecture");
        ((JsonObject)schema["properties"]!)["$schema"] = new JsonObject
        {
            ["type"] = "string",
            ["description"] = "Where this schema is, for an editor; ignored.",
        };
        schema["$defs"] = definitions;
        return schema;
    }

    // "type" tells the kinds apart; if/then gives an editor one clear complaint instead of one for each kind.
    private static JsonObject AnyLayer() =>
        new()
        {
            ["type"] = "object",
            ["required"] = new JsonArray("type"),
            ["properties"] = new JsonObject
            {
                ["type"] = SchemaNodes.OneOf(LayerCatalogue.All.Select(kind => kind.Name)),
            },
            ["allOf"] = new JsonArray([
                .. LayerCatalogue.All.Select(kind =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["if"] = new JsonObject
                            {
                                ["properties"] = new JsonObject { ["type"] = new JsonObject { ["const"] = kind.Name } },
                                ["required"] = new JsonArray("type"),
                            },
                            ["then"] = SchemaNodes.Reference(kind.Name),
                        }
                ),
            ]),
        };

    private static JsonObject Input()
    {
        var input = Record(typeof(InputDefinition));
        input["oneOf"] = new JsonArray(
            Given(["channels", "height", "width"], ["shape"]),
            Given(["shape"], ["channels", "height", "width"])
        );
        return input;
    }

    // What is null is not given.
    private static JsonObject Given(string[] names, string[] others) =>
        new()
        {
            ["required"] = SchemaNodes.Texts(names),
            ["properties"] = new JsonObject([
                .. names.Select(name =>
                    KeyValuePair.Create<string, JsonNode?>(name, new JsonObject { ["not"] = Null() })
                ),
                .. others.Select(name => KeyValuePair.Create<string, JsonNode?>(name, Null())),
            ]),
        };

    private static JsonObject Null() => SchemaNodes.OfType("null");

    /// <summary>The schema of a record.</summary>
    internal static JsonObject Record(Type type)
    {
        var members = RecordMembers.From(type).Members;
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(
                members.Select(member => KeyValuePair.Create<string, JsonNode?>(member.Name, Member(member)))
            ),
            ["required"] = SchemaNodes.Texts(members.Where(member => member.Required).Select(member => member.Name)),
            ["additionalProperties"] = false,
        };
    }

    private static JsonObject Member(RecordMember member)
    {
        var schema = member.Codec.Schema(member);
        if (member.TakesNull)
            schema = SchemaNodes.AnyOf(schema, Null());
        schema["description"] = member.Meaning;
        if (member.WriteDefault() is { } value)
            schema["default"] = value;
        return schema;
    }
}
