using System.Globalization;
using System.IO.Compression;
using Microsoft.Playwright;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Console;

/// <summary>A large data set, and what an evaluation found, in the console.</summary>
[Waits]
public sealed class DataTests(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    private const int Many = 10_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1400, false)]
    [InlineData(390, true)]
    public async Task Dataset_OfTenThousandPhotos_ShowsThoseInView(int width, bool isDark)
    {
        var tab = await browser.OpenAsync("#/data", width, isDark); // skipped without a browser, before the upload
        var name = $"many-{width}";
        await UploadAsync(name, Archive(ManyPhotos()));

        await tab.GoAsync($"#/data/datasets/{name}");
        await tab.Page.Locator(".tile img").First.WaitForAsync();
        Assert.InRange(await TilesAsync(tab), 1, 400);
        await tab.ScreenshotAsync($"data-many-{width}", isWhole: false);
        await tab.AssertAccessibleAsync();
        await tab.AssertFitsAsync();

        // The last row, by one scroll: the photos between are not drawn.
        await tab.Page.EvaluateAsync("scrollTo(0, document.documentElement.scrollHeight)");
        await tab.Page.Locator($".tile[aria-posinset='{Many}'] img").WaitForAsync();
        Assert.InRange(await TilesAsync(tab), 1, 400);
        tab.AssertSound();
    }

    [Fact]
    public async Task Evaluation_OfAVersion_OpensThePhotosOfItsMistakes()
    {
        var tab = await browser.OpenAsync("#/data");
        await UploadAsync(
            "digits",
            await File.ReadAllBytesAsync(Fixtures.Path("datasets", "digits.zip"), Cancellation)
        );
        var labels = string.Join(',', Enumerable.Range(0, 10).Select(label => $"\"{label}\""));
        var network = $$"""
            { "name": "digits", "labels": [{{labels}}], "seed": 1, "architecture": {
              "input": { "channels": 3, "height": 8, "width": 8 },
              "layers": [{ "type": "flatten" }, { "type": "linear", "out_features": 10 }] } }
            """;
        (await browser.Api.PostAsync("/v1/models", network)).Ok(201);

        await tab.GoAsync("#/data/evaluations/digits/1");
        await tab.Page.GetByLabel("Photos").SelectOptionAsync("test");
        await tab.Button("Evaluate").ClickAsync();
        await tab.Heading("Accuracy").WaitForAsync();
        await tab.Page.GetByText("of 50").First.WaitForAsync();
        var cell = tab.Page.Locator(".confusion td:not(.right) button:not(:empty)").First;
        var photos = int.Parse(await cell.InnerTextAsync(), CultureInfo.InvariantCulture);
        await cell.FocusAsync();
        await tab.PressAsync("Enter");

        await tab.Page.Locator(".cell-photos img").Nth(photos - 1).WaitForAsync();
        Assert.Equal(photos, await tab.Page.Locator(".cell-photos img").CountAsync());
        await tab.ScreenshotAsync("evaluation");
        await tab.AssertAccessibleAsync();
        await tab.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await tab.Page.SetViewportSizeAsync(390, 844);
        await tab.ScreenshotAsync("evaluation-390-dark");
        await tab.AssertAccessibleAsync();
        await tab.AssertFitsAsync();
        tab.AssertSound();
    }

    [Fact]
    public async Task Upload_OfWhichNothingIsTaken_SaysWhyAndOffersOthers()
    {
        var tab = await browser.OpenAsync("#/data");
        var file = new FilePayload
        {
            Name = "broken.zip",
            MimeType = "application/zip",
            Buffer = Archive(("cat/1.jpg", [1, 2, 3]), ("dog/2.jpg", [4, 5, 6])),
        };
        await tab.Page.Locator("input[accept*=zip]").SetInputFilesAsync(file);
        await tab.Button("Upload").ClickAsync();

        var alert = tab.Page.GetByRole(AriaRole.Alert);
        await alert.GetByText("cat/1.jpg").First.WaitForAsync();
        await alert.GetByText("dog/2.jpg").First.WaitForAsync();
        Assert.Equal(0, await tab.Page.GetByText("were added").CountAsync());
        (await browser.Api.GetAsync("/v1/datasets/broken")).Problem(404, "dataset_not_found");
        await tab.ScreenshotAsync("upload-of-nothing");
        await tab.AssertAccessibleAsync();
        await tab.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await tab.Page.SetViewportSizeAsync(390, 844);
        await tab.ScreenshotAsync("upload-of-nothing-390-dark");
        await tab.AssertAccessibleAsync();
        await tab.AssertFitsAsync();

        await tab.Button("Choose others").ClickAsync();
        await tab.Button("Choose a zip").WaitForAsync();
        Assert.Equal(0, await alert.CountAsync());
        tab.AssertSound();
    }

    [Fact]
    public async Task Upload_InSeveralRequests_KeepsThePhotosBesideOneOfWhichNothingIsTaken()
    {
        var tab = await browser.OpenAsync("#/data");
        using var folder = new TemporaryFolder();
        foreach (var (path, bytes) in new[] { ("train", Bodies.RandomBmp(1, side: 16)), ("val", [1, 2, 3]) })
        {
            var place = Directory.CreateDirectory(Path.Combine(folder.Path, "pets", path, "cat")).FullName;
            await File.WriteAllBytesAsync(Path.Combine(place, $"{path}.bmp"), bytes, Cancellation);
        }

        // Each split is a request of its own.
        await tab.Page.Locator("input[webkitdirectory]").SetInputFilesAsync(Path.Combine(folder.Path, "pets"));
        await tab.Button("Upload").ClickAsync();

        await tab.Page.GetByText("1 photo was added.").WaitForAsync();
        await tab.Page.GetByText("1 file was not taken:").WaitForAsync();
        await tab.Page.GetByLabel("Files that were not taken").GetByText("val.bmp").WaitForAsync();
        var images = (await browser.Api.GetAsync("/v1/datasets/pets")).Ok().GetProperty("images");
        Assert.Equal(1, images.GetInt32());
        tab.AssertSound();
    }

    private static Task<int> TilesAsync(ConsolePage tab) => tab.Page.Locator(".tile").CountAsync();

    private async Task UploadAsync(string dataset, byte[] zip) =>
        (await browser.Api.PostAsync($"/v1/datasets/{dataset}/images", Bodies.Raw(zip, "application/zip"))).Ok(201);

    private static IEnumerable<(string Path, byte[] Bytes)> ManyPhotos() =>
        Enumerable
            .Range(0, Many)
            .Select(index => ($"class-{index % 10}/{index}.bmp", Bodies.RandomBmp(index, side: 16)));

    private static byte[] Archive(params IEnumerable<(string Path, byte[] Bytes)> files)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (path, content) in files)
            {
                using var file = zip.CreateEntry(path, CompressionLevel.NoCompression).Open();
                file.Write(content);
            }
        }

        return bytes.ToArray();
    }
}
