using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ModelService.Models.Evaluation;
using ModelService.Models.Evaluation.Report;

namespace ModelService.Models.Tests.Evaluation.Report;

/// <summary>The report as a file: it is well-formed, stands alone, and no label becomes markup.</summary>
public sealed partial class HtmlReportTests
{
    private static readonly DateTimeOffset Finished = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    [Fact]
    public void Write_Fixture_TellsTheFigures()
    {
        var fixture = EvaluationFixture.Read("overconfident");
        var classes = Enumerable.Range(0, 7).Select(index => $"class {index}").ToList();

        var report = WebUtility.HtmlDecode(HtmlReport.Write(Content(fixture.Scores, classes)));

        Assert.Contains("Evaluation of pets, version 3", report, StringComparison.Ordinal);
        Assert.Contains(
            "data set pets: 300 images, 7 classes. 4 March 2026, 05:06 UTC",
            report,
            StringComparison.Ordinal
        );
        Assert.Contains("72.3\u00a0%", report, StringComparison.Ordinal); // accuracy
        Assert.Contains("67.0\u201377.1\u00a0%", report, StringComparison.Ordinal); // its interval
        Assert.Contains("1.271", report, StringComparison.Ordinal); // log loss
        Assert.Contains("1.694", report, StringComparison.Ordinal); // temperature
        Assert.Contains("class 0 taken for class 1: 4 of 88", report, StringComparison.Ordinal);
        AssertStandsAlone(report);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(40, 200)]
    [InlineData(41, 200)]
    [InlineData(1000, 5000)]
    public void Write_AnyNumberOfClasses_IsWellFormed(int classes, int images)
    {
        var scores = ClassificationMetricsTests.Draw(TestSeed.Generator(), images, classes);

        var report = HtmlReport.Write(
            Content(scores, [.. Enumerable.Range(0, classes).Select(index => $"class {index}")])
        );

        AssertStandsAlone(report);
        Assert.Equal(classes <= 40, report.Contains("class=\"matrix", StringComparison.Ordinal));
        Assert.True(report.Length < 2 << 20, $"{report.Length} characters");
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\"><img src=x onerror=alert(1)>")]
    [InlineData("' onmouseover='alert(1)")]
    [InlineData("</style></title><svg onload=alert(1)>")]
    [InlineData("&lt;b&gt; & &amp;")]
    [InlineData("a\0b\u0007\ud800\udc00\ud800")]
    [InlineData("שלום\u202e\u2066")]
    [InlineData("ärger 😀 {0} $&")]
    [InlineData("")]
    public void Write_HostileLabel_StaysText(string label)
    {
        var scores = new LabelledLogits(new[] { 9f, 0f, 0f, 9f, 9f, 0f, 0f, 9f, 9f, 0f }, [0, 1, 0, 1, 1], 2);
        var content = Content(scores, [label, "other"]);
        content = content with { Title = label, Subject = label };

        var report = HtmlReport.Write(content);

        AssertStandsAlone(report);
        Assert.DoesNotContain("<script", report, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img src=x", report, StringComparison.OrdinalIgnoreCase);
        var elements = Parse(report).Descendants().ToList();
        Assert.DoesNotContain(
            elements.Attributes(),
            attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal)
        );
        Assert.Equal(1, elements.Count(element => element.Name.LocalName == "svg"));
    }

    [Fact]
    public void Write_LongLabel_IsShortened()
    {
        var label = string.Concat(Enumerable.Repeat("😀", 5_000));
        var scores = new LabelledLogits(new[] { 1f, 0f }, [1], 2);

        var report = HtmlReport.Write(Content(scores, [label, "other"]));

        AssertStandsAlone(report);
        Assert.True(report.Length < 100_000);
    }

    [Fact]
    public void Write_Pictures_AreInTheFile()
    {
        var scores = new LabelledLogits(new[] { 1f, 0f }, [1], 2);
        var content = Content(
            scores,
            ["cat", "dog"],
            new ReportImage("<a>.png", "image/png", new byte[] { 1, 2, 255 })
        );

        var image = Assert.Single(Parse(HtmlReport.Write(content)).Descendants("img"));

        Assert.Equal("data:image/png;base64,AQL/", (string?)image.Attribute("src"));
        Assert.Equal("<a>.png", (string?)image.Attribute("alt"));
    }

    [Theory]
    [InlineData("text/html", 3)]
    [InlineData("image/svg+xml", 3)]
    [InlineData("image/png", 0)]
    public void Write_NoPicture_SaysSo(string type, int length)
    {
        var scores = new LabelledLogits(new[] { 1f, 0f }, [1], 2);

        var report = HtmlReport.Write(Content(scores, ["cat", "dog"], new ReportImage("a", type, new byte[length])));

        Assert.Empty(Parse(report).Descendants("img"));
        Assert.Contains("no picture", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_AllRight_HasNoMistakes()
    {
        var report = HtmlReport.Write(Content(new LabelledLogits(new[] { 1f, 0f }, [0], 2), ["cat", "dog"]));

        Assert.Contains("The network is right about every image.", report, StringComparison.Ordinal);
        Assert.Contains("No label looks wrong.", report, StringComparison.Ordinal);
    }

    internal static ReportContent Content(
        LabelledLogits scores,
        IReadOnlyList<string> classes,
        ReportImage? image = null
    )
    {
        image ??= new ReportImage("photo.jpg", "image/png", new byte[] { 1, 2, 3 });
        return new ReportContent(
            "pets, version 3",
            "data set pets",
            Finished,
            classes,
            ClassificationMetrics.Measure(scores),
            Temperature.Fit(scores),
            1,
            [.. ConfidentMistakes.Find(scores, 12).Select(mistake => (mistake, image))],
            [.. LabelSuspects.Find(scores, 12).Select(suspect => (suspect, image))]
        );
    }

    // Nothing is loaded from elsewhere, and nothing runs. XML's parser is stricter than a browser's.
    private static void AssertStandsAlone(string report)
    {
        Assert.StartsWith("<!doctype html>", report, StringComparison.Ordinal);
        var elements = Parse(report).Descendants().ToList();
        Assert.DoesNotContain(
            elements,
            element => element.Name.LocalName is "script" or "link" or "iframe" or "object"
        );
        Assert.All(
            elements.Attributes().Where(attribute => attribute.Name.LocalName is "src" or "href"),
            attribute => Assert.StartsWith("data:image/", attribute.Value, StringComparison.Ordinal)
        );
        var ids = elements.Attributes("id").Select(attribute => attribute.Value).ToList();
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(elements.Attributes("aria-labelledby"), attribute => Assert.Contains(attribute.Value, ids));
    }

    // As XML, which needs closed elements, and knows no characters such as U+0000.
    private static XElement Parse(string report) =>
        XElement.Parse(
            Forbidden()
                .Replace(
                    OpenElement().Replace(report.Replace("<!doctype html>", "", StringComparison.Ordinal), "<$1/>"),
                    ""
                )
        );

    [GeneratedRegex("<((?:meta|img)\\b(?:[^\">]|\"[^\"]*\")*)>")]
    private static partial Regex OpenElement();

    [GeneratedRegex("&#x(?:0|[1-8BCEF]|1[0-9A-F]);")]
    private static partial Regex Forbidden();
}
