using System.Globalization;
using System.Text;

namespace ModelService.Models.Tests.Registry.Placement;

/// <summary>
/// How 100 servers share 10,000 models. The table of docs/cluster.md is written from it: run the test with
/// <c>UPDATE_DOCS=1</c>.
/// </summary>
public sealed class ClusterSimulationTests
{
    private const string Begin = "<!-- Written by ClusterSimulationTests, with UPDATE_DOCS=1. -->\n";
    private const string End = "<!-- End. -->\n";

    private static readonly ClusterSimulation Usual = new(100, 10_000, 300, 2, 1, 60);

    [Fact]
    public void Page_HasWhatTheSimulationGives()
    {
        (string What, ClusterSimulation Simulation)[] rows =
        [
            ("two copies of all models take two thirds of the memory", Usual),
            ("nothing is forwarded", Usual with { Copies = 0 }),
            ("one copy", Usual with { Copies = 1 }),
            ("three copies: all of the memory", Usual with { Copies = 3 }),
            ("two copies take a third of the memory", Usual with { Room = 600 }),
            ("all of the memory", Usual with { Room = 200 }),
            ("twice the memory", Usual with { Room = 100 }),
            ("four times the memory", Usual with { Room = 50 }),
            ("requests less skewed: exponent 0.8", Usual with { Skew = 0.8 }),
            ("more skewed: exponent 1.2", Usual with { Skew = 1.2 }),
            ("no server is replaced", Usual with { RestartsPerHour = 0 }),
            ("ten servers are replaced each minute", Usual with { RestartsPerHour = 600 }),
            ("10 servers and 1,000 models", Usual with { Servers = 10, Models = 1000, RestartsPerHour = 6 }),
        ];
        var results = rows.AsParallel().AsOrdered().Select(row => row.Simulation.Run()).ToList();

        Assert.True(results[0].Hits > 0.95);
        Assert.True(results[0].LoadsPerMinute * 5 < results[1].LoadsPerMinute);
        var table = new StringBuilder()
            .Append("| what differs from the first row | in memory | forwarded | loads a minute | busiest server |\n")
            .Append("|---|---|---|---|---|\n");
        foreach (var ((what, _), result) in rows.Zip(results))
        {
            table.Append(
                CultureInfo.InvariantCulture,
                $"| {what} | {result.Hits * 100:0.0} % | {result.Forwarded * 100:0} % | "
                    + $"{result.LoadsPerMinute:#,0} | {result.Imbalance:0.00} |\n"
            );
        }

        Compare(table.ToString());
    }

    private static void Compare(string table)
    {
        var page = Path.Combine(Repository.Root, "docs", "cluster.md");
        var text = File.ReadAllText(page);
        var begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf(End, begin, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(page, $"{text[..begin]}\n{table}\n{text[end..]}");
        Assert.Equal(table, text[begin..end].Trim() + "\n");
    }
}
