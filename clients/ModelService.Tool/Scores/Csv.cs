using System.Text;

namespace ModelService.Tool.Scores;

/// <summary>Records of comma-separated values (RFC 4180), with line feeds alone.</summary>
internal static class Csv
{
    private const byte Quote = (byte)'"',
        Comma = (byte)',',
        LineFeed = (byte)'\n';

    /// <summary>Writes a record.</summary>
    /// <param name="fields">Its fields.</param>
    public static string Write(IEnumerable<string> fields) => string.Join(',', fields.Select(Write)) + "\n";

    /// <summary>Reads the records that are whole: the last one may have been cut off.</summary>
    /// <param name="bytes">The file.</param>
    /// <returns>The records, and the number of bytes that they take.</returns>
    public static (List<string[]> Records, int Length) Read(ReadOnlySpan<byte> bytes)
    {
        var records = new List<string[]>();
        var fields = new List<string>();
        var (length, start, isQuoted) = (0, 0, false);
        for (var index = 0; index < bytes.Length; index++)
        {
            if (bytes[index] == Quote)
                isQuoted = !isQuoted;
            if (isQuoted || bytes[index] is not (Comma or LineFeed))
                continue;
            fields.Add(Unquote(bytes[start..index]));
            start = index + 1;
            if (bytes[index] != LineFeed)
                continue;
            records.Add([.. fields]);
            fields.Clear();
            length = start;
        }

        return (records, length);
    }

    private static string Write(string field) =>
        field.AsSpan().ContainsAny("\",\r\n") ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;

    private static string Unquote(ReadOnlySpan<byte> field)
    {
        var text = Encoding.UTF8.GetString(field).TrimEnd('\r');
        return text.StartsWith('"') && text.EndsWith('"') && text.Length > 1
            ? text[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal)
            : text;
    }
}
