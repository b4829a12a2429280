using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Embedding;

/// <summary>
/// Packages of this build in a folder, and beside it room for programs that use them and nothing else of ours.
/// </summary>
internal sealed class PackedFeed : IDisposable
{
    /// <summary>The version of the packages.</summary>
    public const string Version = "0.0.1-test";

    private readonly TemporaryFolder folder = new();

    /// <summary>Where programs are built.</summary>
    public string Path => folder.Path;

    /// <summary>Where the packages are.</summary>
    public string Packages => System.IO.Path.Combine(Path, "feed");

    /// <summary>Packs projects that have been built.</summary>
    public static async Task<PackedFeed> CreateAsync(params string[][] projects)
    {
        var feed = new PackedFeed();

        // What the tests run was built in this configuration: bin/Debug/net10.0.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        foreach (var project in projects)
        {
            await Command.SucceedAsync(
                feed.Path,
                "pack",
                Repository.Path(project),
                "--no-build",
                "--configuration",
                configuration,
                "--output",
                feed.Packages,
                "--verbosity",
                "quiet",
                $"-p:MinVerVersionOverride={Version}"
            );
        }

        feed.Configure();
        return feed;
    }

    /// <summary>Builds a program that uses the packages; skips the test where another package can't be had.</summary>
    public static Task BuildAsync(string program) => RunAsync(program, "build");

    /// <summary>Publishes a program, as <see cref="BuildAsync"/>.</summary>
    public static Task PublishAsync(string program, params string[] arguments) =>
        RunAsync(program, ["publish", .. arguments]);

    public void Dispose() => folder.Dispose();

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var (exitCode, output) = await Command.RunAsync(program, [.. arguments, "--verbosity", "quiet"]);
        Assert.SkipWhen(
            exitCode != 0 && output.Contains("NU1301", StringComparison.Ordinal),
            $"A package can't be restored here: {output}"
        );
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain(": warning ", output, StringComparison.Ordinal);
    }

    // Other packages come from this machine's, without copies, or from its sources.
    private void Configure()
    {
        var known =
            Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? System.IO.Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
                ".nuget",
                "packages"
            );
        File.WriteAllText(
            System.IO.Path.Combine(Path, "nuget.config"),
            $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <fallbackPackageFolders><clear /><add key="known" value="{known}" /></fallbackPackageFolders>
              <packageSources>
                <add key="packed" value="{Packages}" />
              </packageSources>
            </configuration>
            """
        );
    }
}
