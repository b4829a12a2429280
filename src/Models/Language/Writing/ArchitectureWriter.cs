using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Writing;

/// <summary>Writes an architecture as JSON that reads back as the same network.</summary>
public static class ArchitectureWriter
{
    /// <summary>Writes an analysed network with what was inferred filled in and every repeat written out.</summary>
    /// <param name="architecture">The network.</param>
    /// <param name="analysis">Its analysis.</param>
    public static JsonObject Write(ArchitectureDefinition architecture, ArchitectureAnalysis analysis)
    {
        var filled = architecture with { Layers = [.. analysis.Layers.SelectMany(WithInferred)] };
        return WriteRecord(filled);
    }

    /// <summary>Writes a record: what is required, and what is not the default.</summary>
    internal static JsonObject WriteRecord(object record)
    {
        var json = new JsonObject();
        if (record is LayerDefinition layer)
            json["type"] = LayerCatalogue.NameOf(layer);
        foreach (var member in RecordMembers.From(record.GetType()).Members)
        {
            var value = member.Get(record);
            if (value is not null && (member.Required || !value.Equals(member.Default)))
                json[member.Name] = WriteValue(value);
        }

        return json;
    }

    private static JsonNode? WriteValue(object value) =>
        value switch
        {
            Padding { Sizes: null } => "same",
            Padding padding => WriteValue(padding.Sizes!),
            Sizes { Values: [var single] } => single,
            Sizes sizes => JsonSerializer.SerializeToNode(sizes.Values),
            Enum name => WireNames.Of(name),
            string or bool or int or long or double or IEnumerable<int> or IEnumerable<double> or IEnumerable<string> =>
                JsonSerializer.SerializeToNode(value),
            PreprocessingChoice choice => choice.Preset is { } preset
                ? WireNames.Of(preset)
                : WriteRecord(choice.Definition!),
            IEnumerable<LayerDefinition> layers => new JsonArray([.. layers.Select(WriteRecord)]),
            _ => WriteRecord(value),
        };

    private static IEnumerable<LayerDefinition> WithInferred(LayerNode node) =>
        node.Definition is Repeat ? node.Children.SelectMany(WithInferred) : [node.Definition.WithInferred(node)];

    /// <summary>A branch or shortcut with what was inferred filled in; it stays one layer.</summary>
    internal static LayerDefinition BranchWithInferred(LayerNode node) =>
        node.Definition is Repeat
            ? new Sequential { Inline = true, Layers = WithInferred(node.Children) }
            : node.Definition.WithInferred(node);

    /// <summary>The layers of a block with what was inferred filled in.</summary>
    internal static IReadOnlyList<LayerDefinition> WithInferred(IEnumerable<LayerNode> nodes) =>
        [.. nodes.SelectMany(WithInferred)];
}
