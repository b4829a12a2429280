using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Parameters;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Writing;

/// <summary>
/// The JSON Schema (draft 2020-12) of the architecture language, made from the records that it is read into.
/// </summary>
public static class ArchitectureSchema
{
    /// <summary>The schema, for clients and editors.</summary>
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
            ["description"] = "The address of this schema, for an editor; ignored by the server.",
        };
        schema["$defs"] = definitions;
        return schema;
    }

    // "type" selects the kind of layer. With if/then, an editor shows the errors of that kind, not those of every kind.
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

    // A property that is null counts as not given.
    private static JsonObject Given(string[] given, string[] missing) =>
        new()
        {
            ["required"] = SchemaNodes.Texts(given),
            ["properties"] = new JsonObject([
                .. given.Select(name =>
                    KeyValuePair.Create<string, JsonNode?>(name, new JsonObject { ["not"] = Null() })
                ),
                .. missing.Select(name => KeyValuePair.Create<string, JsonNode?>(name, Null())),
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
