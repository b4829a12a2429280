using System.Text.RegularExpressions;

namespace ModelService.Api.Tests.Telemetry;

/// <summary>The metrics that docs/metrics.md lists.</summary>
internal static partial class MetricsPage
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyDictionary<string, Row> Rows { get; } =
        Row_()
            .Matches(File.ReadAllText(Repository.Path("docs", "metrics.md")))
            .Select(row => new Row(
                row.Groups["name"].Value,
                row.Groups["rare"].Success,
                row.Groups["type"].Value,
                [.. Code().Matches(row.Groups["labels"].Value.Split(':')[0]).Select(label => label.Groups[1].Value)]
            ))
            .ToDictionary(row => row.Name);

    [GeneratedRegex(
        @"^\| `(?<name>[a-z0-9_]+)`(?<rare> \*)? \| (?<type>gauge|counter|histogram) \| (?<labels>[^|]*)\|",
        RegexOptions.Multiline
    )]
    private static partial Regex Row_();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Code();

    /// <summary>A metric.</summary>
    /// <param name="Name">Its name in Prometheus.</param>
    /// <param name="IsRare">Whether it is there only once there was something to count.</param>
    /// <param name="Type">gauge, counter or histogram.</param>
    /// <param name="Labels">Its labels.</param>
    public sealed record Row(string Name, bool IsRare, string Type, IReadOnlyList<string> Labels)
    {
        /// <summary>The service's own; the others are ASP.NET Core's, .NET's and OpenTelemetry's.</summary>
        public bool IsOurs => Name.StartsWith("modelservice_", StringComparison.Ordinal);
    }
}
