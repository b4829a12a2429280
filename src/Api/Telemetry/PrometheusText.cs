using System.Globalization;
using System.Text;
using ModelService.Models.Execution;

namespace ModelService.Api.Telemetry;

/// <summary>
/// Writes metrics in Prometheus's
/// <see href="https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format">text format</see>, 0.0.4.
/// </summary>
internal static class PrometheusText
{
    /// <summary>Writes a metric; nothing when it has no values.</summary>
    public static string Write(MetricFamily metric)
    {
        if (metric.Samples.Count == 0)
            return "";
        var text = new StringBuilder();
        text.Append($"# TYPE {metric.Name} {metric.Type}\n# HELP {metric.Name} {metric.Help}\n");
        foreach (var (suffix, labels, value) in metric.Samples)
        {
            var pairs = labels.Select(label => $"{label.Name}=\"{Escape(label.Value)}\"");
            text.Append(metric.Name).Append(suffix).Append('{').AppendJoin(',', pairs).Append("} ");
            text.Append(CultureInfo.InvariantCulture, $"{value}\n");
        }

        return text.ToString();
    }

    private static string Escape(string value) =>
        value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
}
