using System.Globalization;
using static ModelService.Models.Evaluation.Report.ReportText;

namespace ModelService.Models.Evaluation.Report;

/// <summary>The figures of all classes together.</summary>
internal static class SummarySection
{
    /// <summary>Writes the section.</summary>
    /// <param name="content">What the report tells.</param>
    public static Html Write(ReportContent content)
    {
        var (metrics, temperature) = (content.Metrics, content.Temperature);
        return Html.Of(
            $"""
            <section aria-labelledby="summary">
            <h2 id="summary">Summary</h2>
            <dl class="figures">
            {Figure(
                "Accuracy",
                Percent(metrics.Accuracy.Value),
                $"95 % interval: {Percent(metrics.Accuracy.Interval)}"
            )}
            {Html.Each(metrics.TopK.Where(item => item.Key > 1), WriteTopK)}
            {Figure(
                "Mean F1 of the classes",
                Percent(metrics.Macro.F1),
                $"weighted by images: {Percent(metrics.Weighted.F1)}"
            )}
            {Figure("Log loss", Number(metrics.Calibration.LogLoss), "0 is best")}
            {Figure("Calibration error", Percent(metrics.Calibration.ExpectedCalibrationError), "ECE, 15 bins")}
            {Figure("Best temperature", Number(temperature.Value), Advice(temperature))}
            </dl>
            </section>
            """
        );
    }

    private static Html WriteTopK(KeyValuePair<int, double> item) =>
        Figure($"Top {item.Key}", Percent(item.Value), $"the label is among the first {item.Key}");

    private static Html Figure(string name, string value, string note) =>
        Html.Of($"<div><dt>{name}</dt><dd><strong>{value}</strong><small>{note}</small></dd></div>\n");

    private static string Advice(Temperature temperature)
    {
        var about = temperature switch
        {
            { IsBound: true } => "an end of the range",
            { Value: > 1.05 } => "the network is too sure",
            { Value: < 0.95 } => "the network is too timid",
            _ => "well calibrated",
        };
        return $"{about}; log loss with it: {Number(temperature.After.LogLoss)}";
    }

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
