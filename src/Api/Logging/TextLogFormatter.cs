using System.Globalization;
using System.Text;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace ModelService.Api.Logging;

/// <summary>
/// Writes an event as one line of text, and its exception as indented lines below it. Control characters appear as
/// escapes such as <c>\n</c> and <c>\u001B</c>, so that a client can neither forge a line of the log by a path or a
/// name, nor send commands to the terminal that shows it.
/// </summary>
/// <param name="template">Serilog's template of the line.</param>
internal sealed class TextLogFormatter(string template) : ITextFormatter
{
    private readonly MessageTemplateTextFormatter line = new(template, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        line.Format(logEvent, text);
        output.WriteLine(Escape(text.ToString()));
        if (logEvent.Exception is null)
            return;
        foreach (var row in logEvent.Exception.ToString().ReplaceLineEndings("\n").Split('\n'))
            output.WriteLine($"    {Escape(row)}");
    }

    /// <summary>Replaces characters that a terminal or a reader of lines does not show as they are.</summary>
    internal static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            escaped.Append(
                rune.Value switch
                {
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    > 0xFFFF when IsHidden(rune) => $"\\U{rune.Value:X8}",
                    _ when IsHidden(rune) => $"\\u{rune.Value:X4}",
                    _ => rune.ToString(),
                }
            );
        }

        return escaped.ToString();
    }

    // Format characters change the order of a text, or can't be seen.
    private static bool IsHidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;
}
