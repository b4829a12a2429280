using System.Text;
using ModelService.Models.Errors;

namespace ModelService.Models.Weights;

/// <summary>Makes the error of a file that can't be read, and fits text from that file into its sentence.</summary>
internal static class Unreadable
{
    private const int LongestQuote = 120;

    /// <summary>The error with its sentence.</summary>
    public static ServingException Because(string sentence, Exception? cause = null) =>
        new(ErrorCode.WeightsUnreadable, sentence, cause);

    /// <summary>A name, or its beginning where it is long.</summary>
    public static string Shorten(string name) =>
        name.Length <= LongestQuote
            ? name
            : name[..(LongestQuote - (char.IsHighSurrogate(name[LongestQuote - 1]) ? 1 : 0))] + "...";

    /// <summary>A name in quotes; long ones are cut and what isn't printable becomes a question mark.</summary>
    public static string Quote(string name)
    {
        var text = new StringBuilder("'");
        foreach (var character in name.AsSpan(0, Math.Min(name.Length, LongestQuote)))
            text.Append(char.IsControl(character) || char.IsSurrogate(character) ? '?' : character);
        return text.Append(name.Length > LongestQuote ? "...'" : "'").ToString();
    }

    /// <summary>Sizes as Python writes a list: <c>[10, 20]</c>.</summary>
    public static string Sizes(IReadOnlyList<long> shape) =>
        shape.Count > 8
            ? $"[{string.Join(", ", shape.Take(8))}, ... ({shape.Count} dimensions)]"
            : $"[{string.Join(", ", shape)}]";
}
