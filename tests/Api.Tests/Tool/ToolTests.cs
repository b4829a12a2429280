using ModelService.Api.Tests.Support;
using ModelService.Tool;
using ModelService.Tool.Scores;

namespace ModelService.Api.Tests.Tool;

/// <summary>The command <c>modelservice</c> against the server.</summary>
public sealed class ToolTests : IAsyncDisposable
{
    private readonly ApiServer server = new ApiServer().OnSocket();
    private readonly TemporaryFolder folder = new();

    public async ValueTask DisposeAsync()
    {
        folder.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Analyze_FileOrName_ShowsEachLayer()
    {
        var file = Write("tiny.json", Networks.TinyArchitecture);

        var (exitCode, output, _) = await RunAsync("analyze", file);
        Assert.Equal(0, exitCode);
        Assert.Contains("linear", output, StringComparison.Ordinal);
        Assert.Contains("12,292 parameters", output, StringComparison.Ordinal);
        (exitCode, output, _) = await RunAsync("analyze", "resnet18");
        Assert.Equal(0, exitCode);
        Assert.Contains("layer4.1.conv2", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Analyze_Mistakes_AreToldWithTheirPlaces()
    {
        var wrong = Networks.TinyArchitecture.Replace("out_features", "out_featurs", StringComparison.Ordinal);
        var (exitCode, _, error) = await RunAsync("analyze", Write("wrong.json", wrong));
        Assert.Equal(1, exitCode);
        Assert.Contains("/layers/1/out_featurs", error, StringComparison.Ordinal);

        var misspelt = Networks.TinyArchitecture.Replace("layers", "layer", StringComparison.Ordinal);
        (exitCode, _, error) = await RunAsync("analyze", Write("misspelt.json", misspelt));
        Assert.Equal(2, exitCode);
        Assert.Contains("layer", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Model_CreatedPredictedAndExplained_IsTheServers()
    {
        var network = Write("network.json", Fixtures.Json("weights", "lesson", "architecture.json").GetRawText());
        var weights = Fixtures.Path("weights", "lesson", "lesson.safetensors");
        var photo = Fixtures.Path("photos", "rocket.jpg");

        var (exitCode, output, error) = await RunAsync(
            "create",
            "made",
            "--architecture",
            network,
            "--weights",
            weights,
            "--labels",
            "a,b,c,d,e,f,g,h,i,j"
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains("loaded", output, StringComparison.Ordinal);

        (exitCode, output, _) = await RunAsync("predict", "made", photo, "--top", "3");
        var best = (await server.Connect().PredictAsync("made", Bodies.Photo("rocket.jpg"))).Prediction();
        Assert.Equal(0, exitCode);
        Assert.Contains($" {best.GetProperty("top")[0].GetProperty("label").GetString()} ", output);

        var drawn = Path.Combine(folder.Path, "drawn.png");
        (exitCode, output, error) = await RunAsync("explain", "made", photo, "--output", drawn);
        Assert.True(exitCode == 0, error);
        Assert.Equal(drawn, output.Trim());
        Assert.Equal("\u0089PNG"u8[2..].ToArray(), File.ReadAllBytes(drawn)[1..4]);

        (exitCode, output, error) = await RunAsync("bench", "made", photo, "--seconds", "1", "--parallel", "2");
        Assert.True(exitCode == 0, error);
        Assert.Contains("requests/s", output, StringComparison.Ordinal);

        (exitCode, output, error) = await RunAsync("conformance", "made", "--manage");
        Assert.True(exitCode == 0, output + error);
        Assert.Contains("passed", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_Folder_WritesALineForEachPhotoAndSaysWhichCannotBeUsed()
    {
        await server.Connect().EnsureAsync(Networks.Tiny("tiny"));
        var photos = Directory.CreateDirectory(Path.Combine(folder.Path, "photos", "inner, one")).Parent!.FullName;
        for (var index = 0; index < 20; index++)
            WritePhoto(Path.Combine(photos, index % 2 == 0 ? "" : "inner, one", $"{index}.bmp"), index);
        File.WriteAllText(Path.Combine(photos, "bad.jpg"), "no photo");
        File.WriteAllText(Path.Combine(photos, "notes.txt"), "no photo either");
        var scores = Path.Combine(folder.Path, "scores.csv");

        var (exitCode, _, error) = await RunAsync("predict", "tiny", photos, "--output", scores, "--top", "2");

        Assert.True(exitCode == 1, error);
        var (records, length) = Csv.Read(File.ReadAllBytes(scores));
        Assert.Equal(new FileInfo(scores).Length, length);
        Assert.Equal(
            "file,model,version,error,label_1,probability_1,label_2,probability_2",
            string.Join(',', records[0])
        );
        Assert.Equal(FolderRun.Find(photos), records.Skip(1).Select(record => record[0]).Order(StringComparer.Ordinal));
        var bad = records.Single(record => record[0] == "bad.jpg");
        Assert.Equal(["bad.jpg", "tiny", "", "image_undecodable", "", "", "", ""], bad);
        var one = records.Single(record => record[0] == "inner, one/1.bmp");
        var expected = (await server.Connect().PredictAsync("tiny", Bodies.Images(Bodies.RandomBmp(1)))).Prediction();
        Assert.Equal(
            expected.GetProperty("top")[0].GetProperty("probability").GetSingle(),
            float.Parse(one[5], System.Globalization.CultureInfo.InvariantCulture)
        );

        // A second run has nothing to do, and another model's scores don't belong here.
        var before = File.ReadAllBytes(scores);
        Assert.Equal(0, (await RunAsync("predict", "tiny", photos, "--output", scores, "--top", "2")).ExitCode);
        Assert.Equal(2, (await RunAsync("predict", "other", photos, "--output", scores, "--top", "2")).ExitCode);
        Assert.Equal(2, (await RunAsync("predict", "tiny", photos, "--output", scores, "--top", "3")).ExitCode);
        Assert.Equal(before, File.ReadAllBytes(scores));
    }

    [Fact]
    public async Task Predict_FileCutOff_GoesOnFromItsLastWholeLine()
    {
        await server.Connect().EnsureAsync(Networks.Tiny("cut"));
        var photos = Directory.CreateDirectory(Path.Combine(folder.Path, "photos")).FullName;
        for (var index = 0; index < 5; index++)
            WritePhoto(Path.Combine(photos, $"{index}.bmp"), index);
        var scores = Path.Combine(folder.Path, "scores.csv");
        Assert.Equal(0, (await RunAsync("predict", "cut", photos, "--output", scores)).ExitCode);
        var whole = File.ReadAllBytes(scores);

        foreach (var length in new[] { 0, 3, whole.Length / 2, whole.Length - 1 })
        {
            File.WriteAllBytes(scores, whole[..length]);
            Assert.Equal(0, (await RunAsync("predict", "cut", photos, "--output", scores)).ExitCode);
            Assert.Equal(Lines(whole), Lines(File.ReadAllBytes(scores)));
        }

        static IEnumerable<string> Lines(byte[] bytes) =>
            Csv.Read(bytes).Records.Select(record => string.Join('|', record)).Order();
    }

    [Fact]
    public async Task Command_WrongOrRefused_HasItsExitCode()
    {
        Assert.Equal(2, (await RunAsync("predict")).ExitCode);
        Assert.Equal(2, (await RunAsync("predict", "tiny", folder.Path, "--parallel", "0")).ExitCode);
        Assert.Equal(2, (await RunAsync("predict", "tiny", folder.Path)).ExitCode); // no photos
        Assert.Equal(2, (await RunToolAsync("analyze", "resnet18", "--server", "localhost:8080")).ExitCode);
        var (exitCode, _, error) = await RunAsync("explain", "none", Fixtures.Path("photos", "rocket.jpg"));
        Assert.Equal(1, exitCode);
        Assert.Contains("model_not_found", error, StringComparison.Ordinal);
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var closed = $"http://127.0.0.1:{((System.Net.IPEndPoint)taken.LocalEndpoint).Port}";
        taken.Stop();
        (exitCode, _, error) = await RunToolAsync(
            "bench",
            "any",
            Fixtures.Path("photos", "rocket.jpg"),
            "--server",
            closed
        );
        Assert.Equal(1, exitCode);
        Assert.Contains($"No server answers at {closed}", error, StringComparison.Ordinal);
    }

    private static void WritePhoto(string path, int seed) => File.WriteAllBytes(path, Bodies.RandomBmp(seed));

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder.Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        RunToolAsync([.. arguments, "--server", server.Connect().BaseAddress.ToString()]);

    private static async Task<(int ExitCode, string Output, string Error)> RunToolAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await ToolProgram.RunAsync(
            arguments,
            TextWriter.Synchronized(output),
            TextWriter.Synchronized(error)
        );
        return (exitCode, output.ToString(), error.ToString());
    }
}
