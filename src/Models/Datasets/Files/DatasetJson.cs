using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelService.Models.Errors;

namespace ModelService.Models.Datasets.Files;

/// <summary>The JSON of a data set's files: one object a line.</summary>
internal static class DatasetJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = WireNames.Policy,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // labels stay readable; only this server reads it
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { WireNames.CreateEnumConverter() },
    };

    /// <summary>Writes a value, with a line break behind it.</summary>
    public static byte[] WriteLine<T>(T value)
    {
        using var line = new MemoryStream();
        JsonSerializer.Serialize(line, value, Options);
        line.WriteByte((byte)'\n');
        return line.ToArray();
    }

    /// <summary>Writes a value as a text.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>Reads a value.</summary>
    /// <exception cref="JsonException">The text is damaged.</exception>
    public static T Read<T>(string text) =>
        JsonSerializer.Deserialize<T>(text, Options) ?? throw new JsonException("The text is null.");

    /// <summary>Reads a value.</summary>
    /// <exception cref="JsonException">The line is damaged.</exception>
    public static T Read<T>(ReadOnlySpan<byte> line) =>
        JsonSerializer.Deserialize<T>(line, Options) ?? throw new JsonException("The line is null.");

    /// <summary>Reads all lines of a file.</summary>
    /// <exception cref="JsonException">A line is damaged, or the last one has no end.</exception>
    public static IEnumerable<T> ReadLines<T>(ReadOnlyMemory<byte> lines)
    {
        while (!lines.IsEmpty)
        {
            var end = lines.Span.IndexOf((byte)'\n');
            if (end < 0)
                throw new JsonException("The last line has no end.");
            yield return Read<T>(lines.Span[..end]);
            lines = lines[(end + 1)..];
        }
    }
}
