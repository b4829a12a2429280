using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace ModelService.Models.Evaluation.Report;

/// <summary>
/// Finished HTML. It is written with interpolated strings: each hole is text, and is encoded, unless its value is
/// <see cref="Html"/> itself. So a label can't become markup.
/// </summary>
internal sealed class Html
{
    private readonly string markup;

    private Html(string markup) => this.markup = markup;

    /// <summary>No HTML at all.</summary>
    public static Html Empty { get; } = new("");

    /// <summary>Writes HTML.</summary>
    /// <param name="template">Markup with holes.</param>
    public static Html Of(Template template) => new(template.ToString());

    /// <summary>Writes HTML for each of some items.</summary>
    /// <param name="items">The items.</param>
    /// <param name="write">Writes one item.</param>
    public static Html Each<T>(IEnumerable<T> items, Func<T, Html> write)
    {
        var text = new StringBuilder();
        foreach (var item in items)
            text.Append(write(item).markup);
        return new Html(text.ToString());
    }

    /// <summary>Takes a text of the program's own, such as a style sheet, as it is.</summary>
    /// <param name="markup">The text. Nothing in it comes from a client.</param>
    public static Html Trusted(string markup) => new(markup);

    /// <inheritdoc/>
    public override string ToString() => markup;

    /// <summary>Receives the parts of an interpolated string from the compiler.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Template
    {
        private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

        private readonly StringBuilder text;

        public Template(int literalLength, int holes) => text = new StringBuilder(literalLength + (holes * 16));

        public void AppendLiteral(string markup) => text.Append(markup);

        public void AppendFormatted(Html html) => text.Append(html.markup);

        public void AppendFormatted(string? value) => text.Append(Encoder.Encode(value ?? ""));

        public void AppendFormatted(int value) => text.Append(CultureInfo.InvariantCulture, $"{value:N0}");

        public void AppendFormatted(double value, string? format = null) =>
            text.Append(value.ToString(format, CultureInfo.InvariantCulture));

        public override string ToString() => text.ToString();
    }
}
