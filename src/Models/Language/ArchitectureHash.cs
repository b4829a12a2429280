using System.Buffers;
using System.Collections;
using System.Security.Cryptography;
using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language;

/// <summary>
/// Tells whether two architectures are written the same: SHA-256 of a canonical form, which is JSON without spaces, properties by name,
/// those that have their default left out, equal sizes written as one number.
/// </summary>
public static class ArchitectureHash
{
    /// <summary>The hash, in hexadecimal.</summary>
    /// <param name="architecture">The network, its base looked up and its head put in.</param>
    public static string Compute(ArchitectureDefinition architecture)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
            Write(json, architecture);
        return Convert.ToHexStringLower(SHA256.HashData(text.WrittenSpan));
    }

    private static void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteStringValue(text);
                break;
            case bool boolean:
                json.WriteBooleanValue(boolean);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case Enum name:
                json.WriteStringValue(WireNames.Of(name));
                break;
            case Padding { Sizes: { } sizes }:
                Write(json, sizes);
                break;
            case Padding:
                json.WriteStringValue("same");
                break;
            case Sizes sizes when sizes.Values.Distinct().Count() == 1:
                json.WriteNumberValue(sizes.Values[0]);
                break;
            case Sizes sizes:
                WriteList(json, sizes.Values);
                break;
            case IEnumerable list:
                WriteList(json, list);
                break;
            default:
                WriteRecord(json, value);
                break;
        }
    }

    private static void WriteList(Utf8JsonWriter json, IEnumerable list)
    {
        json.WriteStartArray();
        foreach (var item in list)
            Write(json, item);
        json.WriteEndArray();
    }

    private static void WriteRecord(Utf8JsonWriter json, object record)
    {
        json.WriteStartObject();
        if (record is LayerDefinition layer)
            json.WriteString("type", LayerCatalogue.NameOf(layer));
        foreach (
            var member in RecordMembers
                .From(record.GetType())
                .Members.OrderBy(member => member.Name, StringComparer.Ordinal)
        )
        {
            if (member.Get(record) is not { } value || value.Equals(member.Default))
                continue;
            json.WritePropertyName(member.Name);
            Write(json, value);
        }

        json.WriteEndObject();
    }
}
