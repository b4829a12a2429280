using System.Globalization;
using System.Text.RegularExpressions;

namespace ModelService.Api.Tests.Telemetry;

/// <summary>What /metrics gave, in Prometheus's text format.</summary>
internal sealed partial class Scrape
{
    /// <summary>Reads an answer; fails when it is not in the format.</summary>
    public Scrape(string text)
    {
        Assert.All(text.Split('\n'), line => Assert.True(line is "" or ['#', ..] || Line().IsMatch(line), line));
        Types = Type().Matches(text).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        Samples =
        [
            .. Line()
                .Matches(text)
                .Select(line => new Sample(
                    line.Groups["name"].Value,
                    Label()
                        .Matches(line.Groups["labels"].Value)
                        .ToDictionary(label => label.Groups[1].Value, label => label.Groups[2].Value),
                    double.Parse(line.Groups["value"].Value, CultureInfo.InvariantCulture)
                )),
        ];

        // Prometheus takes one value of a series, and refuses others.
        var series = Samples.CountBy(sample =>
            $"{sample.Name} {string.Join(',', sample.Labels.OrderBy(pair => pair.Key))}"
        );
        Assert.DoesNotContain(series, count => count.Value > 1);
    }

    /// <summary>Each metric's type.</summary>
    public IReadOnlyDictionary<string, string> Types { get; }

    public IReadOnlyList<Sample> Samples { get; }

    public static async Task<Scrape> GetAsync(HttpClient http)
    {
        // One answer is given again for a third of a second.
        await Task.Delay(400, TestContext.Current.CancellationToken);
        using var answer = await http.GetAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal("text/plain", answer.EnsureSuccessStatusCode().Content.Headers.ContentType?.MediaType);
        return new Scrape(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The sum of a metric over the samples with these labels; null when there is none.</summary>
    public double? Value(string name, params (string Name, string Value)[] labels)
    {
        var found = Samples
            .Where(sample =>
                sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value)
            )
            .ToList();
        return found.Count == 0 ? null : found.Sum(sample => sample.Value);
    }

    /// <summary>The labels that a metric's samples have.</summary>
    public IReadOnlySet<string> Labels(string metric) =>
        Samples
            .Where(sample => Suffix().Replace(sample.Name, "") == metric || sample.Name == metric)
            .SelectMany(sample => sample.Labels.Keys.Where(label => label != "le"))
            .ToHashSet();

    [GeneratedRegex("^# TYPE ([^ ]+) (.+)$", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex(@"^(?<name>[a-z][a-z0-9_]*)(?:\{(?<labels>.*)\})? (?<value>[^ \n]+)", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex("([a-z_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();

    internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
}
