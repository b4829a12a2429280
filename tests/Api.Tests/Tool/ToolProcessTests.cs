using ModelService.Api.Tests.Embedding;
using ModelService.Api.Tests.Support;
using ModelService.Tool.Scores;

namespace ModelService.Api.Tests.Tool;

/// <summary>
/// The command in a process of its own: killed, installed from its package, and with a training server.
/// </summary>
public sealed class ToolProcessTests
{
    private const int Photos = 150;

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ModelService.Tool.dll");

    [Fact]
    public async Task Predict_FolderKilledInTheMiddle_GoesOnAndScoresEachPhotoOnce()
    {
        await using var server = new ApiServer().OnSocket();
        var api = server.Connect();
        await api.EnsureAsync(Networks.Slow("slow"));
        using var folder = new TemporaryFolder();
        var photos = Directory.CreateDirectory(Path.Combine(folder.Path, "photos")).FullName;
        for (var index = 0; index < Photos; index++)
            await File.WriteAllBytesAsync(Path.Combine(photos, $"{index}.bmp"), Bodies.RandomBmp(index), Token);
        var scores = Path.Combine(folder.Path, "scores.csv");
        string[] command = [Program, "predict", "slow", photos, "--output", scores, "--server", $"{api.BaseAddress}"];

        using (var first = Command.Start(folder.Path, command))
        {
            await Eventually.GetAsync(() => Task.FromResult(Count(scores)), count => count > 10);
            first.Kill();
            await first.WaitForExitAsync(Token);
        }

        var before = Count(scores);
        Assert.InRange(before, 11, Photos - 1);
        await Command.SucceedAsync(folder.Path, command);

        var (records, _) = Csv.Read(await File.ReadAllBytesAsync(scores, Token));
        Assert.Equal(
            Enumerable.Range(0, Photos).Select(index => $"{index}.bmp").Order(StringComparer.Ordinal),
            records.Skip(1).Select(record => record[0]).Order(StringComparer.Ordinal)
        );

        // Beside those that were under way when it was killed, none was sent twice.
        var sent = (await api.GetAsync("/metrics"))
            .Text.Split('\n')
            .Where(line => line.StartsWith("modelservice_inputs_total{", StringComparison.Ordinal))
            .Sum(line =>
                int.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture)
            );
        Assert.InRange(sent, Photos, Photos + 8);
    }

    [Fact, Waits]
    public async Task Train_FolderOfClasses_ShowsTheAccuracyOfTheNewVersion()
    {
        using var data = new TemporaryFolder();
        using var server = await ServerProcess.StartAsync(data.Path);
        using var folder = new TemporaryFolder();
        var network = Path.Combine(folder.Path, "network.json");
        await File.WriteAllTextAsync(
            network,
            """
            {"input":{"channels":1,"height":32,"width":32},
              "layers":[{"type":"flatten"},{"type":"linear","out_features":10}]}
            """,
            Token
        );

        var output = await Command.SucceedAsync(
            folder.Path,
            Program,
            "train",
            "digits",
            "--dataset",
            "digits",
            "--images",
            Fixtures.Path("digits.zip"),
            "--method",
            "scratch",
            "--seconds",
            "30",
            "--architecture",
            network,
            "--server",
            $"{server.Http.BaseAddress}"
        );

        Assert.Contains("1797 images added", output, StringComparison.Ordinal);
        Assert.Matches(@"digits\W+1\W+test\W+360\W+[0-9.]+ %", output);
    }

    [Fact, Measured]
    public async Task Package_Installed_IsTheCommand()
    {
        using var feed = await PackedFeed.CreateAsync(["clients", "ModelService.Tool"]);
        await Command.SucceedAsync(
            feed.Path,
            "tool",
            "install",
            "ModelService.Tool",
            "--version",
            PackedFeed.Version,
            "--tool-path",
            "tools"
        );

        var (exitCode, output) = await Command.RunProgramAsync(
            Path.Combine(feed.Path, "tools", OperatingSystem.IsWindows() ? "modelservice.exe" : "modelservice"),
            feed.Path,
            "--help"
        );

        Assert.True(exitCode == 0, output);
        foreach (var name in new[] { "analyze", "create", "predict", "train", "explain", "bench", "conformance" })
            Assert.Contains($"  {name} <", output, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static int Count(string scores)
    {
        if (!File.Exists(scores))
            return 0;
        using var file = new FileStream(scores, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return Math.Max(0, Csv.Read(bytes).Records.Count - 1);
    }
}
