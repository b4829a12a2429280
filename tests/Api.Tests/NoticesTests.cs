using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModelService.Api.Tests;

/// <summary>Whether THIRD-PARTY-NOTICES.md names the packages whose files the programs ship.</summary>
public sealed partial class NoticesTests
{
    private static readonly HashSet<string> Named =
    [
        .. Code()
            .Matches(File.ReadAllText(Repository.Path("THIRD-PARTY-NOTICES.md")))
            .Select(code => code.Groups[1].Value),
    ];

    [Theory]
    [InlineData("ModelService.Api", "TorchSharp")]
    [InlineData("ModelService.Tool", "Spectre.Console")]
    public void Notices_EveryShippedPackage_IsNamed(string program, string known)
    {
        var shipped = Packages(program).ToList();

        Assert.Contains(known, shipped);
        Assert.All(
            shipped,
            package => Assert.True(Named.Contains(package), $"THIRD-PARTY-NOTICES.md does not name {package}.")
        );
    }

    /// <summary>The packages of a program that have a file beside it: an assembly, or a native library.</summary>
    private static IEnumerable<string> Packages(string program)
    {
        using var dependencies = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, $"{program}.deps.json"))
        );
        var target = dependencies.RootElement.GetProperty("targets").EnumerateObject().Single().Value;
        var libraries = dependencies.RootElement.GetProperty("libraries");
        return
        [
            .. target
                .EnumerateObject()
                .Where(library => libraries.GetProperty(library.Name).GetProperty("type").GetString() == "package")
                .Where(library =>
                    library.Value.EnumerateObject().Any(part => part.Name is "runtime" or "native" or "runtimeTargets")
                )
                .Select(library => library.Name.Split('/')[0]),
        ];
    }

    [GeneratedRegex("`([A-Za-z0-9._-]+)`")]
    private static partial Regex Code();
}
