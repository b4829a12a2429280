using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Trainings;

/// <summary>A server that trains, in a process of its own, since its trainings are processes of its program.</summary>
public sealed class TrainingServer : IAsyncLifetime
{
    /// <summary>The lesson's network for digits, small.</summary>
    public const string Network = """
        { "input": { "channels": 1, "height": 32, "width": 32 }, "layers": [
          { "type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1 }, { "type": "batch_norm2d" },
          { "type": "relu" }, { "type": "max_pool2d", "kernel_size": 2 },
          { "type": "conv2d", "out_channels": 16, "kernel_size": 3, "padding": 1 }, { "type": "relu" },
          { "type": "max_pool2d", "kernel_size": 2 }, { "type": "flatten" },
          { "type": "dropout", "p": 0.1 }, { "type": "linear", "out_features": 10 }] }
        """;

    private readonly TemporaryFolder data = new();
    private readonly string[] settings;
    private ServerProcess? process;

    public TrainingServer()
        : this([]) { }

    internal TrainingServer(params string[] settings) => this.settings = settings;

    internal ApiClient Api => process!.Api;

    internal HttpClient Http => process!.Http;

    /// <summary>The id of its process.</summary>
    internal int Id => process!.Id;

    internal string Trainings => Path.Combine(data.Path, "trainings");

    public async ValueTask InitializeAsync() => process = await ServerProcess.StartAsync(data.Path, settings);

    /// <summary>Kills it, and starts it again with the same data.</summary>
    /// <param name="others">Further settings of the new one.</param>
    internal async Task RestartAsync(params string[] others)
    {
        await process!.KillAsync();
        process.Dispose();
        process = await ServerProcess.StartAsync(data.Path, [.. settings, .. others]);
    }

    /// <summary>Asks it to stop, and waits until it has.</summary>
    internal Task<int> StopAsync() => process!.StopAsync();

    /// <summary>The processes that it has started and that still run; on Linux.</summary>
    internal IReadOnlyList<int> Children() =>
        [
            .. Directory
                .GetDirectories("/proc")
                .Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0)
                .Where(id => id > 0 && ParentOf(id) == Id),
        ];

    /// <summary>Uploads digits.</summary>
    internal async Task UploadAsync(string dataset, int perClass, int classes = 10, string splits = "train,test")
    {
        using var content = new ByteArrayContent(Zip(perClass, classes, splits.Split(',')));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        var answer = await Api.PostAsync($"/v1/datasets/{dataset}/images", content);
        Assert.InRange(answer.Status, 200, 201);
    }

    /// <summary>Starts a training.</summary>
    /// <returns>Its path.</returns>
    internal async Task<string> StartAsync(string model, string body)
    {
        var answer = await Api.PostAsync($"/v1/models/{model}/trainings", body);
        answer.Ok(202);
        return answer.Location!.IsAbsoluteUri ? answer.Location.AbsolutePath : answer.Location.OriginalString;
    }

    /// <summary>Waits until a training has ended.</summary>
    internal Task<JsonElement> WaitAsync(string path) =>
        Eventually.GetAsync(
            async () => (await Api.GetAsync(path)).Ok(),
            run => run.GetProperty("state").GetString() is not ("queued" or "running")
        );

    /// <summary>Waits until a training has told of steps.</summary>
    internal Task<JsonElement> WaitForStepsAsync(string path) =>
        Eventually.GetAsync(
            async () => (await Api.GetAsync(path)).Ok(),
            run =>
                run.TryGetProperty("progress", out var progress)
                && progress.GetProperty("phase").GetString() != "photos"
        );

    /// <summary>The body of a training from scratch.</summary>
    internal static string Scratch(string dataset, int epochs, string more = "") =>
        $$"""
            { "dataset": "{{dataset}}", "method": "scratch", "budget": { "epochs": {{epochs}} },
              "batch_size": 32 {{more}}, "from": { "architecture": {{Network}} } }
            """;

    public async ValueTask DisposeAsync()
    {
        process?.Dispose();
        data.Dispose();
        await ValueTask.CompletedTask;
    }

    // 0 for one that has ended, also when it has not been collected yet.
    private static int ParentOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? 0 : int.Parse(fields[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>A zip file of digits.</summary>
    internal static byte[] Zip(int perClass, int classes, string[] splits)
    {
        using var bytes = new MemoryStream();
        using (var made = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var zip = ZipFile.OpenRead(Fixtures.Path("digits.zip"));
            var chosen = zip
                .Entries.Where(entry => entry.Name.Length > 0 && splits.Contains(entry.FullName.Split('/')[0]))
                .Where(entry => int.Parse(entry.FullName.Split('/')[1]) < classes)
                .GroupBy(entry => Path.GetDirectoryName(entry.FullName))
                .SelectMany(group => group.Take(perClass));
            foreach (var entry in chosen)
            {
                using var from = entry.Open();
                using var to = made.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
                from.CopyTo(to);
            }
        }

        return bytes.ToArray();
    }
}
