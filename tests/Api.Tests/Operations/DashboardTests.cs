using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ModelService.Api.Errors;
using ModelService.Api.Grpc;
using ModelService.Api.Tests.Telemetry;
using ModelService.Models.Errors;
using YamlDotNet.RepresentationModel;

namespace ModelService.Api.Tests.Operations;

/// <summary>The dashboard and the alerts ask for metrics that there are.</summary>
public sealed partial class DashboardTests
{
    private static readonly string[] Suffixes = ["_bucket", "_sum", "_count"];

    private static readonly string[] Words = ["sum", "and", "or", "unless"];

    [Fact]
    public void Dashboard_Queries_AskForListedMetrics()
    {
        var dashboard = JsonElement.Parse(
            File.ReadAllText(Deployment.Path("grafana", "dashboards", "model-service.json"))
        );
        var panels = dashboard
            .GetProperty("panels")
            .EnumerateArray()
            .Where(panel => panel.GetProperty("type").GetString() != "row")
            .ToList();
        var queries = panels
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!)
            .Concat(
                LabelValues()
                    .Matches(dashboard.GetProperty("templating").GetRawText())
                    .Select(match => match.Groups[1].Value)
            )
            .ToList();

        Assert.True(queries.Count > panels.Count);
        Assert.All(queries, AssertListed);

        // All that the service measures itself is shown.
        var text = dashboard.GetRawText();
        Assert.All(
            MetricsPage.Rows.Values.Where(row => row.IsOurs),
            row => Assert.Contains(row.Name, text, StringComparison.Ordinal)
        );
        Assert.All(
            panels,
            panel => Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString())
        );
    }

    [Fact]
    public void Alerts_Expressions_AskForListedMetrics()
    {
        Assert.NotEmpty(Rules());
        Assert.All(Rules(), rule => AssertListed(rule.At("expr").ToString()));
    }

    [Fact]
    public void Alerts_Each_IsExplainedByTheOperationsPage()
    {
        var headings = Heading()
            .Matches(File.ReadAllText(Repository.Path("docs", "operations.md")))
            .Select(match => match.Groups[1].Value)
            .ToList();

        Assert.Equal(Rules().Select(rule => rule.At("alert").ToString()), headings);
        Assert.All(
            Rules(),
            rule =>
                Assert.Equal(
                    $"docs/operations.md#{rule.At("alert").ToString().ToLowerInvariant()}",
                    rule.At("annotations", "runbook").ToString()
                )
        );
    }

    /// <summary>A call over gRPC has the status 200, so that the alert names the codes.</summary>
    [Fact]
    public void Unavailable_OverGrpc_NamesEveryCodeOfThatStatus()
    {
        var rule = Rules().Single(rule => rule.At("alert").ToString() == "ModelServiceUnavailable");
        var expected = Enum.GetValues<ErrorCode>()
            .Select(code => ErrorTable.Describe(new DefaultHttpContext(), code, ""))
            .Where(error => GrpcError.StatusOf(error) is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
            .Select(error => error.Code);

        var named = Codes().Match(rule.At("expr").ToString()).Groups[1].Value.Split('|');

        Assert.Equal(expected.Order(), named.Order());
    }

    [Fact]
    public void Prometheus_Rules_AreLoaded() =>
        Assert.Equal(["alerts.yml"], Deployment.Yaml("prometheus", "prometheus.yml").Texts("rule_files"));

    private static IReadOnlyList<YamlNode> Rules() =>
        [.. Assert.IsType<YamlSequenceNode>(Deployment.Yaml("prometheus", "alerts.yml").At("groups")[0].At("rules"))];

    private static void AssertListed(string query)
    {
        // What is left without labels, ranges, groupings and functions is metrics.
        var names = Name()
            .Matches(Grouping().Replace(Selection().Replace(query, " "), " "))
            .Select(match => match.Value)
            .Except(Words)
            .ToList();

        Assert.True(names.Count > 0, query);
        Assert.All(
            names,
            name =>
                Assert.True(
                    name == "up"
                        || MetricsPage.Rows.ContainsKey(name)
                        || (
                            Suffixes.FirstOrDefault(suffix => name.EndsWith(suffix, StringComparison.Ordinal))
                                is { } end
                            && MetricsPage.Rows.TryGetValue(name[..^end.Length], out var row)
                            && row.Type == "histogram"
                        ),
                    $"docs/metrics.md does not list {name}, of {query}"
                )
        );
    }

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|\boffset \d+[smhd]")]
    private static partial Regex Selection();

    [GeneratedRegex(@"\b(by|on) \([^)]*\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\b[a-z_][a-z0-9_]*\b(?!\()")]
    private static partial Regex Name();

    [GeneratedRegex(@"label_values\(([a-z_]+)")]
    private static partial Regex LabelValues();

    [GeneratedRegex("http_response_status_code=\"200\",code=~\"([a-z_|]+)\"")]
    private static partial Regex Codes();

    [GeneratedRegex("^#### (ModelService[A-Za-z]+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
