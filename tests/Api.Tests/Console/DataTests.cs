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
        await UploadAsync(name, Archive());

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

    private static Task<int> TilesAsync(ConsolePage tab) => tab.Page.Locator(".tile").CountAsync();

    private async Task UploadAsync(string dataset, byte[] zip) =>
        (await browser.Api.PostAsync($"/v1/datasets/{dataset}/images", Bodies.Raw(zip, "application/zip"))).Ok(201);

    private static byte[] Archive()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var index = 0; index < Many; index++)
            {
                var entry = zip.CreateEntry($"class-{index % 10}/{index}.bmp", CompressionLevel.NoCompression);
                using var file = entry.Open();
                file.Write(Bodies.RandomBmp(index, side: 16));
            }
        }

        return bytes.ToArray();
    }
}
