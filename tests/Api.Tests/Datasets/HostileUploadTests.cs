using System.IO.Compression;
using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Datasets;

/// <summary>Uploads that would take too much, or mean harm: each has an answer, and nothing is left behind.</summary>
public sealed class HostileUploadTests : IAsyncDisposable
{
    private const string Path = "/v1/datasets/pets/images";

    private readonly ApiServer server = new()
    {
        Settings = new()
        {
            ["ModelService:Datasets:MaxImages"] = "50",
            ["ModelService:Datasets:MaxClasses"] = "2",
            ["ModelService:Datasets:MaxBytes"] = "3000000",
        },
    };

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Upload_ABomb_IsRefused()
    {
        var bomb = Zip([.. Enumerable.Range(0, 4).Select(i => ($"cat/{i}.png", new byte[1_000_000]))]);

        await RefusedAsync(bomb);
    }

    [Fact]
    public async Task Upload_TooManyEntriesImagesOrClasses_IsRefused()
    {
        await RefusedAsync(Zip([.. Enumerable.Range(0, 51).Select(i => ($"cat/{i}.png", Array.Empty<byte>()))]));
        await RefusedAsync(Zip([.. Enumerable.Range(0, 3).Select(i => ($"{i}/1.bmp", Bodies.RandomBmp(i)))]));
        using var form = new MultipartFormDataContent();
        for (var i = 0; i < 51; i++)
            form.Add(new ByteArrayContent([1]), "cat", "1.png");
        (await server.Api.PostAsync(Path, form)).Problem(413, "dataset_too_large");
    }

    [Fact]
    public async Task Upload_NamesThatLeadOutOrSpeakHtml_AreTextOnly()
    {
        var zip = Zip(
            ("../../../etc/cron.d/x.bmp", Bodies.RandomBmp(1)),
            ("<img src=x onerror=alert(1)>/2.bmp", Bodies.RandomBmp(2)),
            ("cat/\u001b[2J.bmp", Bodies.RandomBmp(3))
        );

        var upload = (await server.Api.PostAsync(Path, Bodies.Raw(zip, "application/zip"))).Ok(207);

        Assert.Equal(2, upload.GetProperty("added").GetInt32());
        Assert.Equal("archive_unreadable", upload.GetProperty("failures")[0].GetProperty("code").GetString());
        Assert.Equal("cat/?[2J.bmp", upload.GetProperty("images")[1].GetProperty("file_name").GetString());
        Assert.Equal("<img src=x onerror=alert(1)>", upload.GetProperty("images")[0].GetProperty("label").GetString());
    }

    [Fact]
    public async Task Upload_NothingThatCanBeTaken_IsAnErrorWithEachReason()
    {
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent([1, 2, 3]), "cat", "a.jpg" },
            { new ByteArrayContent([4, 5, 6]), "cat", "b.jpg" },
        };
        using var single = new MultipartFormDataContent { { new ByteArrayContent([1, 2, 3]), "cat", "a.jpg" } };
        var zip = Bodies.Raw(Zip([.. Enumerable.Range(0, 25).Select(i => ($"cat/{i}.jpg", new[] { (byte)i }))]), null);

        var several = (await server.Api.PostAsync(Path, form)).Problem(422, "image_undecodable", "/a.jpg", "/b.jpg");
        var one = (await server.Api.PostAsync(Path, single)).Problem(422, "image_undecodable", "/a.jpg");
        var many = (await server.Api.PostAsync(Path, zip)).Problem(422, "image_undecodable");

        Assert.StartsWith("None of the 2 files was taken. a.jpg: ", Detail(several), StringComparison.Ordinal);
        Assert.StartsWith("a.jpg: ", Detail(one), StringComparison.Ordinal);
        Assert.StartsWith("None of the 25 files was taken. cat/0.jpg: ", Detail(many), StringComparison.Ordinal);
        Assert.Equal(20, many.GetProperty("errors").GetArrayLength());
        Assert.Empty((await server.Api.GetAsync("/v1/datasets")).Ok().GetProperty("datasets").EnumerateArray());

        static string? Detail(JsonElement problem) => problem.GetProperty("detail").GetString();
    }

    private async Task RefusedAsync(byte[] zip)
    {
        (await server.Api.PostAsync(Path, Bodies.Raw(zip, "application/zip"))).Problem(413, "dataset_too_large");
        Assert.Empty((await server.Api.GetAsync("/v1/datasets")).Ok().GetProperty("datasets").EnumerateArray());
    }

    private static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries)
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        }

        return zip.ToArray();
    }
}
