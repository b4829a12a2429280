using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Parameters;

/// <summary>
/// Everything the language does with one type of value: reads and writes JSON, writes the form that is hashed, the JSON
/// Schema, the entry in GET /v1/layers, and the argument in torch.nn source. A new type of value is one class in this
/// folder and its line in <see cref="ParameterCodecs"/>.
/// </summary>
internal abstract class ParameterCodec
{
    /// <summary>The type's name in GET /v1/layers.</summary>
    public abstract string Description { get; }

    /// <summary>The texts that are allowed; null when any text is, or when the value is not a text.</summary>
    public virtual IReadOnlyList<string>? Values => null;

    /// <summary>Reads a value and reports each error with its JSON Pointer.</summary>
    /// <param name="reader">Receives the errors.</param>
    /// <param name="member">The property with the value, or with its list; its attributes limit the value.</param>
    /// <param name="json">The value.</param>
    /// <param name="pointer">JSON Pointer to the value.</param>
    /// <returns>The value; null after an error.</returns>
    public abstract object? Read(StrictReader reader, RecordMember member, JsonElement json, string pointer);

    /// <summary>Writes a value as JSON that reads back as the same value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="canonical">Whether equal values are written as equal JSON, for the hash.</param>
    public abstract JsonNode Write(object value, bool canonical = false);

    /// <summary>The JSON Schema of the values that <see cref="Read"/> accepts.</summary>
    /// <param name="member">The property with the value, or with its list.</param>
    public abstract JsonObject Schema(RecordMember member);

    /// <summary>
    /// A value as an argument in torch.nn source. Texts and whole numbers look the same in JSON and Python.
    /// </summary>
    public virtual string Python(object value) => Write(value).ToJsonString();
}
