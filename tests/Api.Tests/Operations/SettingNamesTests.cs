using System.Text.RegularExpressions;

namespace ModelService.Api.Tests.Operations;

/// <summary>
/// Every option that a page, a manifest or a script names exists, and is named whole, so that it can be copied.
/// </summary>
public sealed partial class SettingNamesTests
{
    private static readonly string[] Endings = [".md", ".json", ".yml", ".yaml", ".sh", ".http", ".env"];

    // Sections of ASP.NET and Serilog.
    private static readonly string[] Others = ["Kestrel", "Serilog"];

    public static TheoryData<string> Pages =>
        [
            .. new[] { "docs", "docker", ".github" }
                .SelectMany(folder =>
                    Directory.GetFiles(
                        Repository.Path(folder),
                        "*",
                        new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }
                    )
                )
                .Concat(Directory.GetFiles(Repository.Root, "*.md"))
                .Append(Repository.Path("Dockerfile"))
                .Where(page => Endings.Contains(Path.GetExtension(page)) || Path.GetFileName(page) == "Dockerfile")
                .Select(page => Path.GetRelativePath(Repository.Root, page))
                .Order(StringComparer.Ordinal),
        ];

    [Fact]
    public void Pages_OfOperators_NameOptions()
    {
        Assert.Subset(
            Pages.Select(page => page.Data).ToHashSet(),
            new[] { "README.md", "SECURITY.md", "docs/operations.md", "docker/compose.yaml" }.ToHashSet()
        );
        Assert.True(Names("SECURITY.md").Count > 30);
        Assert.Contains("Limits:MaxInputs", Names("README.md").Concat(Names("docs/configuration.md")));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_OptionsItNames_ExistAndAreWhole(string page)
    {
        Assert.All(
            Names(page),
            name =>
                Assert.True(
                    IsOptionOrSection(name),
                    $"{page} names ModelService:{name}. There is no such option; docs/configuration.md lists them."
                )
        );
        var cut = Short()
            .Matches(Read(page))
            .Select(match => match.Value)
            .Where(name => !Others.Contains(name[..name.IndexOf(':', StringComparison.Ordinal)]))
            .ToList();
        Assert.True(
            cut.Count == 0,
            $"{page} names {string.Join(", ", cut)}: write it whole, such as ModelService:{cut.FirstOrDefault()}."
        );
    }

    [Theory]
    [InlineData("Limits:MaxInputs", true)]
    [InlineData("Limits", true)]
    [InlineData("Auth:Keys", true)]
    [InlineData("Limits:MaxInput", false)]
    [InlineData("Limit:MaxInputs", false)]
    [InlineData("Limit", false)]
    public void Name_IsKnown_OnlyIfThereIsSuchAnOption(string name, bool isKnown) =>
        Assert.Equal(isKnown, IsOptionOrSection(name));

    // Section:Option, or a section alone, of both ways to write them.
    private static List<string> Names(string page) =>
        [
            .. Whole()
                .Matches(Read(page))
                .Select(match => match.Groups["section"].Value + match.Groups["option"].Value.Replace("__", ":")),
        ];

    private static bool IsOptionOrSection(string name)
    {
        var variable = $"ModelService__{name.Replace(":", "__", StringComparison.Ordinal)}";
        return name.Contains(':', StringComparison.Ordinal)
            ? Deployment.Settings.Contains(variable)
            : Deployment.Settings.Any(setting => setting.StartsWith(variable + "__", StringComparison.Ordinal));
    }

    private static string Read(string page) => File.ReadAllText(Repository.Path(page));

    [GeneratedRegex("ModelService(?::|__)(?<section>[A-Za-z]+)(?<option>(?::|__)[A-Za-z0-9]+)?")]
    private static partial Regex Whole();

    // Section:Option without ModelService, such as `Limits:MaxInputs`.
    [GeneratedRegex("(?<![A-Za-z:_./@-])(?!ModelService:)[A-Z][A-Za-z]+:[A-Z][A-Za-z]+")]
    private static partial Regex Short();
}
