using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;

namespace ModelService.Models.Language.Parameters;

/// <summary>
/// A layer: an object with <c>"type"</c> and the parameters or, where the property allows it, the type's name alone.
/// A layer is never an argument in torch.nn source: there, a layer that holds others is a class of its own.
/// </summary>
internal sealed class LayerCodec : ParameterCodec
{
    private const string TypeName = "type";

    // What other frameworks and papers call layers, where the spelling alone doesn't lead there.
    private static readonly FrozenDictionary<string, string> Synonyms = new Dictionary<string, string>
    {
        ["dense"] = "linear",
        ["fc"] = "linear",
        ["fully_connected"] = "linear",
        ["convolution"] = "conv2d",
        ["bn"] = "batch_norm2d",
        ["swish"] = "silu",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public override string Description => "layer";

    /// <returns>The layer; an <see cref="UnreadableLayer"/> after an error in its own properties.</returns>
    public override object Read(StrictReader reader, RecordMember member, JsonElement json, string pointer)
    {
        var layer =
            member.TakesTypeName && json.ValueKind == JsonValueKind.String
                ? ReadName(reader, json, pointer)
                : ReadObject(reader, json, pointer);
        return ((LayerDefinition?)layer ?? new UnreadableLayer()) with { Pointer = pointer };
    }

    public override JsonNode Write(object value, bool canonical)
    {
        var json = ArchitectureWriter.WriteRecord(value, canonical);
        json.Insert(0, TypeName, LayerCatalogue.NameOf((LayerDefinition)value));
        return json;
    }

    public override JsonObject Schema(RecordMember member)
    {
        var layer = SchemaNodes.Reference("layer");
        if (!member.TakesTypeName)
            return layer;
        var names = SchemaNodes.OneOf(
            LayerCatalogue.All.Where(kind => kind.Type.IsAssignableTo(typeof(Activation))).Select(kind => kind.Name)
        );
        layer["properties"] = new JsonObject { [TypeName] = names.DeepClone() };
        return SchemaNodes.AnyOf(names, layer);
    }

    private static object? ReadObject(StrictReader reader, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return reader.FailKind(json, pointer, "a layer is needed, such as {\"type\": \"relu\"}.");
        var typePointer = JsonPointer.Append(pointer, TypeName);
        if (!json.TryGetProperty(TypeName, out var type))
            return reader.Fail(typePointer, "'type' is missing: give the layer's type, such as \"relu\".");
        return
            FindKind(reader, type, typePointer) is { } kind
            && reader.ReadRecord(kind.Type, json, pointer, out var complete, TypeName) is { } layer
            && complete
            ? layer
            : null;
    }

    private static object? ReadName(StrictReader reader, JsonElement json, string pointer)
    {
        if (FindKind(reader, json, pointer) is not { } kind)
            return null;
        return kind.Members.Members.FirstOrDefault(member => member.Required) is { } missing
            ? reader.Fail(pointer, $"'{kind.Name}' needs '{missing.Name}': give the layer as an object.")
            : Activator.CreateInstance(kind.Type);
    }

    private static LayerKind? FindKind(StrictReader reader, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.String)
        {
            reader.FailKind(json, pointer, "a layer's type is needed, such as \"relu\".");
            return null;
        }

        var name = json.GetString()!;
        if (LayerCatalogue.ByName.TryGetValue(name, out var kind))
            return kind;

        // "BatchNorm" is as near to each number of dimensions; the picture's comes first, and "relu" before "relu6".
        var nearest =
            Synonyms.GetValueOrDefault(name)
            ?? Suggestions.Nearest(
                name,
                LayerCatalogue
                    .ByName.Keys.OrderBy(known => !known.EndsWith("2d", StringComparison.Ordinal))
                    .ThenBy(known => known.Length)
                    .ThenBy(known => known, StringComparer.Ordinal)
            );
        reader.Fail(
            pointer,
            $"'{Suggestions.Shorten(name)}' is not a layer type"
                + (nearest is null ? "." : $"; did you mean '{nearest}'?")
                + " GET /v1/layers lists them all."
        );
        return null;
    }
}
