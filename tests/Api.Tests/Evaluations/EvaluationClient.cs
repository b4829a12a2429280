using System.IO.Compression;
using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Evaluations;

/// <summary>Makes data sets, and starts and follows evaluations.</summary>
/// <param name="api">Speaks to the server.</param>
internal sealed class EvaluationClient(ApiClient api)
{
    private int seed = TestSeed.Get();

    /// <summary>Uploads pictures of random pixels, so many of each folder, such as <c>test/cat</c>.</summary>
    /// <returns>The bytes of the pictures by the name of the file.</returns>
    public async Task<Dictionary<string, byte[]>> UploadAsync(
        string dataset,
        params (string Folder, int Count)[] folders
    )
    {
        var pictures = new Dictionary<string, byte[]>();
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (
                var (folder, index) in folders
                    .SelectMany(item => Enumerable.Repeat(item.Folder, item.Count))
                    .Select((folder, index) => (folder, index))
            )
            {
                var name = $"{index}.bmp";
                pictures[name] = Bodies.RandomBmp(seed++, 32);
                using var entry = archive.CreateEntry($"{folder}/{name}", CompressionLevel.Fastest).Open();
                entry.Write(pictures[name]);
            }
        }

        var answer = await api.PostAsync(
            $"/v1/datasets/{dataset}/images",
            Bodies.Raw(zip.ToArray(), "application/zip")
        );
        Assert.True(answer.Status is 200 or 201, answer.Text);
        return pictures;
    }

    /// <summary>Starts an evaluation, and returns its path.</summary>
    public async Task<string> StartAsync(string model, string json, int version = 1)
    {
        var answer = await api.PostAsync(PathOf(model, version), json);
        var id = answer.Ok(202).GetProperty("id").GetString();
        Assert.EndsWith($"/evaluations/{id}", answer.Location!.ToString(), StringComparison.Ordinal);
        return $"{PathOf(model, version)}/{id}";
    }

    /// <summary>Waits for the end of an evaluation.</summary>
    public async Task<JsonElement> WaitAsync(string path, string state = "succeeded")
    {
        var ended = await Eventually.GetAsync(
            async () => (await api.GetAsync(path)).Ok(),
            evaluation => evaluation.TryGetProperty("finished_at", out _)
        );
        Assert.True(ended.GetProperty("state").GetString() == state, ended.ToString());
        return ended;
    }

    /// <summary>Runs an evaluation to its end.</summary>
    public async Task<(string Path, JsonElement Result)> RunAsync(string model, string json, int version = 1)
    {
        var path = await StartAsync(model, json, version);
        return (path, (await WaitAsync(path)).GetProperty("result"));
    }

    /// <summary>The path of a version's evaluations.</summary>
    public static string PathOf(string model, int version = 1) => $"/v1/models/{model}/versions/{version}/evaluations";
}
