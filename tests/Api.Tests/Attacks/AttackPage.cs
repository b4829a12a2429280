using System.Globalization;

namespace ModelService.Api.Tests.Attacks;

/// <summary>The tables of <c>docs/attack.md</c>, whose rows the tests write.</summary>
internal static class AttackPage
{
    private static readonly string Page = Repository.Path("docs", "attack.md");

    /// <summary>
    /// Minutes that each kind of attack takes, by the environment variable <c>ATTACK_MINUTES</c>; null for the few
    /// inputs of the suite.
    /// </summary>
    public static double? Minutes { get; } =
        double.TryParse(
            Environment.GetEnvironmentVariable("ATTACK_MINUTES"),
            NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out var minutes
        )
            ? minutes
            : null;

    // Only a long run says anything.
    private static bool Writes => Minutes is not null && Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1";

    /// <summary>Writes the row of a table that begins with a name; the page is left alone by short runs.</summary>
    /// <param name="name">The row's name.</param>
    /// <param name="cells">The other cells.</param>
    public static async Task WriteAsync(string name, params object[] cells)
    {
        var texts = cells.Select(cell =>
            Convert.ToString(cell is int ? $"{cell:N0}" : cell, CultureInfo.InvariantCulture)
        );
        var row = $"| {name} | {string.Join(" | ", texts)} |";
        TestContext.Current.TestOutputHelper?.WriteLine(row);
        if (!Writes)
            return;
        var lines = await File.ReadAllLinesAsync(Page, TestContext.Current.CancellationToken);
        var index = Array.FindIndex(lines, line => line.StartsWith($"| {name} |", StringComparison.Ordinal));
        Assert.True(index >= 0, $"docs/attack.md has no row '{name}'.");
        lines[index] = row;
        await File.WriteAllTextAsync(Page, string.Join('\n', lines) + "\n", TestContext.Current.CancellationToken);
    }
}
