using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Writing;

/// <summary>The architecture language as a JSON Schema (draft 2020-12), made of the same records that the reader fills.</summary>
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

    // The kinds tell themselves apart by "type"; if/then gives an editor one clear complaint instead of one for each kind.
    private static JsonObject AnyLayer() =>
        new()
        {
            ["type"] = "object",
            ["required"] = new JsonArray("type"),
            ["properties"] = new JsonObject
            {
                ["type"] = new JsonObject { ["enum"] = Names(LayerCatalogue.All.Select(kind => kind.Name)) },
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
                            ["then"] = Reference(kind.Name),
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
            ["required"] = Names(names),
            ["properties"] = new JsonObject([
                .. names.Select(name =>
                    KeyValuePair.Create<string, JsonNode?>(name, new JsonObject { ["not"] = Null() })
                ),
                .. others.Select(name => KeyValuePair.Create<string, JsonNode?>(name, Null())),
            ]),
        };

    private static JsonObject Null() => new() { ["type"] = "null" };

    private static JsonObject Record(Type type)
    {
        var members = RecordMembers.From(type).Members;
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(
                members.Select(member => KeyValuePair.Create<string, JsonNode?>(member.Name, Member(member)))
            ),
            ["required"] = Names(members.Where(member => member.Required).Select(member => member.Name)),
            ["additionalProperties"] = false,
        };
    }

    private static JsonObject Member(RecordMember member)
    {
        var schema = Value(member, member.Type);
        if (member.TakesTypeName)
            schema = ActivationOrName(schema);
        if (!member.Required)
            schema = OrNull(schema);
        schema["description"] = member.Meaning;
        if (LayerParameter.From(member).Default is { } value)
            schema["default"] = JsonSerializer.SerializeToNode(value);
        return schema;
    }

    private static JsonObject ActivationOrName(JsonObject layer)
    {
        string[] names =
        [
            .. LayerCatalogue.All.Where(kind => kind.Type.IsAssignableTo(typeof(Activation))).Select(kind => kind.Name),
        ];
        layer["properties"] = new JsonObject { ["type"] = new JsonObject { ["enum"] = Names(names) } };
        return Either(Names(names), layer);
    }

    private static JsonObject Value(RecordMember member, Type type)
    {
        if (type == typeof(string))
            return Text(member);
        if (type == typeof(bool))
            return new JsonObject { ["type"] = "boolean" };
        if (type == typeof(int))
            return Number(member, "integer");
        if (type == typeof(double))
            return Number(member, "number");
        if (type.IsEnum)
            return new JsonObject { ["enum"] = Names(WireNames.Of(type).Keys) };
        if (type == typeof(Sizes))
            return Sizes(member);
        if (type == typeof(Padding))
            return Either(["same", "valid"], Sizes(member));
        if (type == typeof(LayerDefinition))
            return Reference("layer");
        if (type == typeof(InputDefinition))
            return Reference("input");
        return List(member, type.GetGenericArguments()[0]);
    }

    private static JsonObject List(RecordMember member, Type element)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = Value(member, element) };
        if (member.MinLength > 0)
            list["minItems"] = member.MinLength;
        if (member.MaxLength < int.MaxValue)
            list["maxItems"] = member.MaxLength;
        return list;
    }

    private static JsonObject Text(RecordMember member)
    {
        var text = new JsonObject { ["type"] = "string" };
        if (member.Pattern is { } pattern)
            text["pattern"] = $"^(?:{pattern.Pattern})$";
        return text;
    }

    private static JsonObject Number(RecordMember member, string type)
    {
        var number = new JsonObject { ["type"] = type };
        (number["minimum"], number["maximum"]) =
            type == "integer" ? (int.MinValue, int.MaxValue) : ((double)float.MinValue, (double)float.MaxValue);
        if (member.Range is not { } range)
            return number;
        number["minimum"] = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
        number["maximum"] = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
        return number;
    }

    private static JsonObject Sizes(RecordMember member) =>
        new()
        {
            ["anyOf"] = new JsonArray(
                Number(member, "integer"),
                new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = Number(member, "integer"),
                    ["minItems"] = 1,
                }
            ),
        };

    private static JsonObject Either(JsonArray names, JsonObject schema) =>
        new() { ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = names }, schema) };

    private static JsonObject OrNull(JsonObject schema) => new() { ["anyOf"] = new JsonArray(schema, Null()) };

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/$defs/{name}" };

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(name => (JsonNode)name)]);
}
