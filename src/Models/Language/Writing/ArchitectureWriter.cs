using System.Text.Json.Nodes;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Writing;

/// <summary>Writes an architecture as JSON that reads back as the same network.</summary>
public static class ArchitectureWriter
{
    /// <summary>
    /// Writes an analysed network: inferred parameters are filled in, and each copy of a repeat is written.
    /// </summary>
    /// <param name="architecture">The network.</param>
    /// <param name="analysis">Its analysis.</param>
    public static JsonObject Write(ArchitectureDefinition architecture, ArchitectureAnalysis analysis)
    {
        var filled = architecture with { Layers = WithInferred(analysis.Layers) };
        return WriteRecord(filled);
    }

    /// <summary>Writes a record: its required properties, and those whose value is not the default.</summary>
    /// <param name="record">The record.</param>
    /// <param name="canonical">Whether to write the canonical form, for <see cref="ArchitectureHash"/>.</param>
    internal static JsonObject WriteRecord(object record, bool canonical = false)
    {
        var given = RecordMembers.Given(record);
        if (canonical)
        {
            // Required properties, too, are left out when they have their type's default. Stored hashes depend on this.
            given = given
                .Where(item => !item.Value.Equals(item.Member.Default))
                .OrderBy(item => item.Member.Name, StringComparer.Ordinal);
        }

        return new JsonObject(
            given.Select(item =>
                KeyValuePair.Create<string, JsonNode?>(item.Member.Name, item.Member.Codec.Write(item.Value, canonical))
            )
        );
    }

    /// <summary>The layers of a block with inferred parameters filled in.</summary>
    internal static IReadOnlyList<LayerDefinition> WithInferred(IEnumerable<LayerNode> nodes) =>
        [.. nodes.SelectMany(node => node.Definition.Unrolled(node))];
}
