using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Embedding;

/// <summary>The samples, built and run from packed packages in an empty folder.</summary>
public sealed partial class SampleTests
{
    [Fact, Waits]
    public async Task Samples_FromThePackages_BuildAndClassifyAlike()
    {
        using var feed = await PackedFeed.CreateAsync(["src", "Imaging"], ["src", "Models"], ["src", "Api"]);
        AssertWhole(feed, "ModelService.Imaging", "ModelService.Models", "ModelService.Api");
        var (web, console) = (Copy("Web", feed), Copy("Console", feed));
        await PackedFeed.BuildAsync(web);
        await PackedFeed.BuildAsync(console);
        var photo = Fixtures.Path("photos", "rocket.jpg");

        string best;
        using (var server = Command.Start(web, "run", "--no-build", "--urls", "http://127.0.0.1:0"))
        {
            try
            {
                best = await UseAsync(await FindAddressAsync(server));
            }
            finally
            {
                server.Kill(entireProcessTree: true);
                await server.WaitForExitAsync(TestContext.Current.CancellationToken);
            }
        }

        var output = await Command.SucceedAsync(
            console,
            "run",
            "--no-build",
            "--",
            Path.Combine(web, "data"),
            "pets",
            photo
        );
        Assert.Equal(best, output.Split('\n')[0].TrimEnd());
        Assert.Equal(3, output.Trim().Split('\n').Length);

        // Without its natives, the build says what is missing.
        var project = Path.Combine(console, "Console.csproj");
        var lines = await File.ReadAllLinesAsync(project, TestContext.Current.CancellationToken);
        await File.WriteAllLinesAsync(
            project,
            lines.Where(line => !Native().IsMatch(line)),
            TestContext.Current.CancellationToken
        );
        var warnings = await Command.SucceedAsync(console, "build", "--verbosity", "quiet");
        Assert.Contains("warning MODELSERVICE001", warnings, StringComparison.Ordinal);
        Assert.Contains("warning MODELSERVICE002", warnings, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docs", "embedding.md")]
    [InlineData("samples", "Web", "Web.csproj")]
    [InlineData("samples", "Console", "Console.csproj")]
    public void Page_OfNatives_HasTheVersionsOfThisBuild(params string[] path)
    {
        var versions = XDocument.Load(Repository.Path("Directory.Packages.props"));
        var lines = Native().Matches(File.ReadAllText(Repository.Path(path)));

        Assert.Equal(6, lines.Count);
        Assert.All(lines, line => Assert.Equal(Property(line.Groups[1].Value), line.Groups[2].Value));
        var warnings = File.ReadAllText(Repository.Path("src", "Models", "ModelService.Models.targets"));
        Assert.Contains($"&quot;{Property("libtorch")}&quot;", warnings, StringComparison.Ordinal);
        Assert.Contains($"&quot;{Property("NetVips")}&quot;", warnings, StringComparison.Ordinal);

        string Property(string package) =>
            versions
                .Descendants(
                    package.StartsWith("libtorch", StringComparison.Ordinal) ? "LibtorchVersion" : "VipsVersion"
                )
                .Single()
                .Value;
    }

    // Makes a model over HTTP, and classifies a photo both ways.
    private static async Task<string> UseAsync(Uri address)
    {
        using var http = new HttpClient { BaseAddress = address };
        var api = new ApiClient(http);
        const string Pets = """
            {"name":"pets","base":"resnet18","num_classes":3,"seed":1,"labels":["beagle","boxer","pug"]}
            """;
        (await api.PostAsync("/ml/v1/models", Pets)).Ok(201);
        var predicted = (await api.PostAsync("/ml/v1/models/pets/predict", Bodies.Photo("rocket.jpg"))).Prediction();
        var best = predicted.GetProperty("top")[0];
        var classified = await api.PostAsync("/classify/pets", Bodies.Photo("rocket.jpg"));
        var found = classified.Ok()[0];
        Assert.Equal(best.GetProperty("probability").GetSingle(), found.GetProperty("probability").GetSingle());
        Assert.Equal(best.GetProperty("label").GetString(), found.GetProperty("label").GetString());
        Assert.Contains("/ml/", (await api.GetAsync("/")).Text);
        Assert.Contains("summary", (await api.GetAsync("/ml/swagger/v1/swagger.json")).Text);
        Assert.Contains("<title>", (await api.GetAsync("/ml/")).Text);
        return $"{found.GetProperty("index")} {found.GetProperty("label")} {found.GetProperty("probability")}";
    }

    // Comments, symbols, licence and a page; and no native library, which is the program's choice.
    private static void AssertWhole(PackedFeed feed, params string[] packages)
    {
        foreach (var package in packages)
        {
            var file = Path.Combine(feed.Packages, $"{package}.{PackedFeed.Version}");
            using var archive = ZipFile.OpenRead(file + ".nupkg");
            var names = archive.Entries.Select(entry => entry.FullName).ToList();
            Assert.Contains("README.md", names);
            Assert.Contains($"lib/net10.0/{package}.xml", names);
            Assert.DoesNotContain(names, name => name.StartsWith("staticwebassets", StringComparison.Ordinal));
            using var description = new StreamReader(archive.GetEntry($"{package}.nuspec")!.Open());
            var text = description.ReadToEnd();
            Assert.Contains("""<license type="expression">MIT</license>""", text, StringComparison.Ordinal);
            Assert.DoesNotContain("libtorch", text, StringComparison.Ordinal);
            Assert.DoesNotContain("NetVips.Native", text, StringComparison.Ordinal);
            Assert.True(File.Exists(file + ".snupkg"));
        }
    }

    private static string Copy(string sample, PackedFeed feed)
    {
        var copy = Directory.CreateDirectory(Path.Combine(feed.Path, sample)).FullName;
        foreach (var file in Directory.GetFiles(Repository.Path("samples", sample)))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    private static async Task<Uri> FindAddressAsync(System.Diagnostics.Process server)
    {
        while (await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (Address().Match(line) is { Success: true } match)
            {
                _ = server.StandardOutput.ReadToEndAsync();
                return new Uri(match.Value);
            }
        }

        Assert.Fail(await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        return null;
    }

    [GeneratedRegex("""Include="(libtorch-cpu-[\w-]+|NetVips\.Native\.[\w-]+)" Version="([\d.]+)" """)]
    private static partial Regex Native();

    [GeneratedRegex(@"http://127\.0\.0\.1:[1-9]\d*")]
    private static partial Regex Address();
}
