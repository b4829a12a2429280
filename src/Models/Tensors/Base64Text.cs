using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace ModelService.Models.Tensors;

/// <summary>
/// Reads bytes from base64 as people send it: with a <c>data:</c> prefix or without, in the alphabet of RFC 4648 or the
/// one for URLs, with line breaks and blanks, and without the padding at its end.
/// </summary>
public static class Base64Text
{
    private const int MaxPadding = 2;

    /// <summary>Reads the bytes.</summary>
    /// <param name="text">The text, in UTF-8.</param>
    /// <param name="error">Why the text can't be read: a sentence with the character and its position, from 1.</param>
    /// <returns>The bytes; null after an error.</returns>
    public static byte[]? Read(ReadOnlySpan<byte> text, out string? error)
    {
        error = null;
        var start = SkipPrefix(text, out error);
        if (error is not null)
            return null;
        var bytes = new byte[(text.Length - start) / 4 * 3 + 3];

        // Nearly all base64 is of the usual form, which .NET reads with the processor's vectors.
        if (Base64.DecodeFromUtf8(text[start..], bytes, out _, out var whole) == OperationStatus.Done)
            return bytes[..whole];
        var (length, bits, digits, padding) = (0, 0, 0L, 0);
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'\f')
                continue;
            if (text[i] == '=')
            {
                padding++;
                continue;
            }

            if (Digit(text[i]) is not (>= 0 and var digit))
            {
                error = Describe(text, i);
                return null;
            }

            if (padding > 0)
            {
                error = Invariant($"The padding '=' ends before position {i + 1}, but the text goes on.");
                return null;
            }

            bits = (bits << 6) | digit;
            if (++digits % 4 == 0)
            {
                bytes[length++] = (byte)(bits >> 16);
                bytes[length++] = (byte)((bits >> 8) & 0xFF);
                bytes[length++] = (byte)(bits & 0xFF);
                bits = 0;
            }
        }

        if (digits % 4 == 1 || padding > MaxPadding)
        {
            var found = Invariant($"{digits} characters and {padding} of padding");
            error = $"The base64 has {found}, which is no whole number of bytes: it is cut short.";
            return null;
        }

        if (digits % 4 >= 2)
            bytes[length++] = (byte)(digits % 4 == 2 ? bits >> 4 : bits >> 10);
        if (digits % 4 == 3)
            bytes[length++] = (byte)((bits >> 2) & 0xFF);
        return bytes[..length];
    }

    // The number of bytes of a prefix such as "data:image/png;base64,".
    private static int SkipPrefix(ReadOnlySpan<byte> text, out string? error)
    {
        error = null;
        var start = text.Length - text.TrimStart(" \t\r\n\f"u8).Length;
        var content = text[start..];
        if (StartsWith(content, "http://") || StartsWith(content, "https://"))
            error = "It is a URL, and URLs are not fetched. Send the file's bytes in base64.";
        if (!StartsWith(content, "data:"))
            return start;
        var comma = content.IndexOf((byte)',');
        const string Encoding = ";base64";
        if (comma < 0 || !StartsWith(content[Math.Max(0, comma - Encoding.Length)..], Encoding))
            error = "The data: URI is not in base64: it must begin like \"data:image/png;base64,\".";
        return start + comma + 1;
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, string start) =>
        text.Length >= start.Length && Ascii.EqualsIgnoreCase(text[..start.Length], start);

    private static int Digit(byte character) =>
        character switch
        {
            >= (byte)'A' and <= (byte)'Z' => character - 'A',
            >= (byte)'a' and <= (byte)'z' => character - 'a' + 26,
            >= (byte)'0' and <= (byte)'9' => character - '0' + 52,
            (byte)'+' or (byte)'-' => 62,
            (byte)'/' or (byte)'_' => 63,
            _ => -1,
        };

    private static string Describe(ReadOnlySpan<byte> text, int position)
    {
        Rune.DecodeFromUtf8(text[position..], out var rune, out _);
        var name = Rune.IsControl(rune) ? Invariant($"U+{rune.Value:X4}") : $"'{rune}'";
        return Invariant($"The character {name} at position {position + 1} does not belong to base64.");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
