using System.Globalization;

namespace ModelService.Models.Evaluation.Report;

/// <summary>Words and figures of a report.</summary>
internal static class ReportText
{
    private const int LongestLabel = 80;

    /// <summary>A share in percent.</summary>
    public static string Percent(double share) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0}\u00a0%");

    /// <summary>An interval in percent.</summary>
    public static string Percent(Interval interval) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * interval.Low:0.0}\u2013{100 * interval.High:0.0}\u00a0%");

    /// <summary>A number of things.</summary>
    public static string Count(int count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? one + "s")}");

    /// <summary>
    /// A label. It is shortened when it is very long, and kept apart from the text around it, also where it is written
    /// from right to left.
    /// </summary>
    public static Html Label(string label) => Html.Of($"<bdi>{Shorten(label)}</bdi>");

    /// <summary>A label that is shortened when it is very long.</summary>
    public static string Shorten(string label)
    {
        if (label.Length <= LongestLabel)
            return label;
        var end = char.IsHighSurrogate(label[LongestLabel - 1]) ? LongestLabel - 1 : LongestLabel;
        return label[..end] + "\u2026";
    }
}
