using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;

namespace ModelService.Models.Language.Parameters;

/// <summary>A record, as an object with a property for each of the record's.</summary>
/// <param name="type">The record.</param>
/// <param name="definition">
/// The name of its schema in the document's <c>$defs</c>; null: the schema is written in place.
/// </param>
internal sealed class RecordCodec(Type type, string? definition = null) : ParameterCodec
{
    public override string Description => "object";

    public override object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer) =>
        reader.ReadRecord(type, json, pointer, out _);

    public override JsonNode Write(object value, bool canonical) => ArchitectureWriter.WriteRecord(value, canonical);

    public override JsonObject Schema(RecordMember member) =>
        definition is null ? ArchitectureSchema.Record(type) : SchemaNodes.Reference(definition);
}
