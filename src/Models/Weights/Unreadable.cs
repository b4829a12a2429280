using System.Text;
using ModelService.Models.Errors;

namespace ModelService.Models.Weights;

/// <summary>
/// Creates the error for a file that can't be read, and formats text of the file for the error's message.
/// </summary>
internal static class Unreadable
{
    private const int MaxQuoteLength = 120;

    /// <summary>The error <c>weights_unreadable</c> with a sentence for the client.</summary>
    public static ServingException Because(string sentence, Exception? cause = null) =>
        new(ErrorCode.WeightsUnreadable, sentence, cause);

    /// <summary>A name; if longer than 120 characters, its beginning and an ellipsis.</summary>
    public static string Shorten(string name) =>
        name.Length <= MaxQuoteLength
            ? name
            : name[..(MaxQuoteLength - (char.IsHighSurrogate(name[MaxQuoteLength - 1]) ? 1 : 0))] + "...";

    /// <summary>
    /// A name in quotes. Long names are cut, and characters that aren't printable become question marks.
    /// </summary>
    public static string Quote(string name)
    {
        var text = new StringBuilder("'");
        foreach (var character in name.AsSpan(0, Math.Min(name.Length, MaxQuoteLength)))
            text.Append(char.IsControl(character) || char.IsSurrogate(character) ? '?' : character);
        return text.Append(name.Length > MaxQuoteLength ? "...'" : "'").ToString();
    }

    /// <summary>Sizes as Python writes a list: <c>[10, 20]</c>.</summary>
    public static string Sizes(IReadOnlyList<long> shape) =>
        shape.Count > 8
            ? $"[{string.Join(", ", shape.Take(8))}, ... ({shape.Count} dimensions)]"
            : $"[{string.Join(", ", shape)}]";
}
