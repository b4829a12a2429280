using System.Globalization;
using static ModelService.Models.Evaluation.Report.ReportText;

namespace ModelService.Models.Evaluation.Report;

/// <summary>
/// Writes an evaluation as one HTML file. The file has no script and loads nothing, so that it opens without the
/// server, and stays what it is when the images are deleted.
/// </summary>
internal static class HtmlReport
{
    private static readonly Html Style = Html.Trusted(ReadStyle());

    /// <summary>Writes a report.</summary>
    /// <param name="content">What the report tells.</param>
    /// <returns>A whole HTML document.</returns>
    public static string Write(ReportContent content) =>
        Html.Of(
                $"""
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta http-equiv="Content-Security-Policy"
                content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
                <meta name="referrer" content="no-referrer">
                <title>Evaluation of {content.Title}</title>
                <style>
                {Style}</style>
                </head>
                <body>
                <main>
                <h1>Evaluation of {content.Title}</h1>
                <p>{content.Subject}: {Count(content.Metrics.Images, "image")}, {Count(
                    content.Classes.Count,
                    "class",
                    "classes"
                )}. {content.Finished.UtcDateTime.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture)} UTC.</p>
                {Unusable(content.Unusable)}
                {SummarySection.Write(content)}
                {ReliabilityDiagram.Write(content.Metrics.Calibration)}
                {ConfusionSection.Write(content.Metrics.Confusion, content.Classes)}
                {ImagesSection.Mistakes(content)}
                {ImagesSection.Suspects(content)}
                {ClassesSection.Write(content.Metrics, content.Classes)}
                </main>
                </body>
                </html>

                """
            )
            .ToString();

    private static Html Unusable(int count) =>
        count == 0
            ? Html.Empty
            : Html.Of($"<p class=\"notice\">{Count(count, "image")} could not be scored: left out of all figures.</p>");

    private static string ReadStyle()
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
