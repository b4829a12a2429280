using System.Text.RegularExpressions;

namespace ModelService.Api.Tests;

/// <summary>
/// The files that docs/architecture.md and the pages of the engine's folders name are in the repository.
/// </summary>
public sealed partial class ArchitecturePageTests
{
    private static readonly string Engine = Repository.Path("src", "Models");

    // Every source file by its path from the root, with '/' between folders.
    private static readonly IReadOnlyList<string> Sources =
    [
        .. new[] { "src", "tests" }
            .SelectMany(folder =>
                Directory.EnumerateFiles(Repository.Path(folder), "*.cs", SearchOption.AllDirectories)
            )
            .Select(file => "/" + Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
            .Where(file => !Generated().IsMatch(file)),
    ];

    public static TheoryData<string> Pages =>
        [
            "docs/architecture.md",
            .. Directory
                .EnumerateDirectories(Engine)
                .Select(Path.GetFileName)
                .Where(IsFloor)
                .Order()
                .Select(folder => $"src/Models/{folder}/README.md"),
        ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_SourceFilesItNames_AreThere(string page)
    {
        var text = Read(page);
        var named = SourceFile().Matches(text).Select(match => match.Value).Distinct().ToList();

        Assert.NotEmpty(named);
        Assert.All(
            named,
            name =>
                Assert.True(
                    Sources.Any(source => source.EndsWith($"/{name}", StringComparison.Ordinal)),
                    $"{page} names {name}, which is neither in src nor in tests."
                )
        );
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_ItsLinks_LeadToFiles(string page)
    {
        var folder = Path.GetDirectoryName(Repository.Path(page.Split('/')))!;

        Assert.All(
            Link().Matches(Read(page)).Select(match => match.Groups[1].Value),
            link => Assert.True(Path.Exists(Path.Combine(folder, link)), $"{page} has a link to {link}.")
        );
    }

    private static string Read(string page) => File.ReadAllText(Repository.Path(page.Split('/')));

    private static bool IsFloor(string? folder) => folder is not ("bin" or "obj");

    [GeneratedRegex("/(bin|obj)/")]
    private static partial Regex Generated();

    [GeneratedRegex(@"(?:\w+/)*\w+(?:\.\w+)*\.cs\b")]
    private static partial Regex SourceFile();

    // Links to sections and to other sites are not to files.
    [GeneratedRegex(@"\]\(((?!https?:)[^)#]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
