using Microsoft.Playwright;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Console;

/// <summary>The page Try, as somebody with models uses it.</summary>
[Waits]
public sealed class TryTests(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    [Fact]
    public async Task Photo_Chosen_IsScoredByTheModelOfTheAddress()
    {
        await CreateAsync("first", 1000);
        await CreateAsync("second", 3);
        var tab = await browser.OpenAsync("#/try?model=first", 390, isDark: true);

        await ChooseAsync(tab, Fixtures.Path("photos", "chelsea.png"));
        await tab.Page.Locator(".bars li").First.WaitForAsync();
        Assert.Equal(10, await tab.Page.Locator(".bars li").CountAsync());
        await tab.Button("Show all 1000").ClickAsync();
        Assert.Equal(1000, await tab.Page.Locator(".bars li").CountAsync());
        await tab.Button("Show the first 10").ClickAsync();
        await tab.ScreenshotAsync("try-random-390-dark");
        await tab.AssertAccessibleAsync();
        await tab.AssertFitsAsync();

        // The labels are text, whatever is in them.
        await tab.Page.GetByLabel("Model", new PageGetByLabelOptions { Exact = true }).SelectOptionAsync("second");
        await tab.Page.GetByText("<b>0</b>").First.WaitForAsync();
        Assert.Contains("model=second", tab.Page.Url, StringComparison.Ordinal);
        Assert.Contains("v1/models/second/predict", await tab.Page.Locator(".curl code").Last.TextContentAsync());
        tab.AssertSound();
        await RemoveAsync("first", "second");
    }

    [Fact]
    public async Task Photo_ThatIsNone_IsToldInTheServersWords()
    {
        await CreateAsync("third", 3);
        using var file = new TemporaryFile();
        await File.WriteAllTextAsync(file.Path, "not a photo", TestContext.Current.CancellationToken);
        var tab = await browser.OpenAsync("#/try?model=third");

        await ChooseAsync(tab, file.Path);

        await tab.Page.GetByRole(AriaRole.Alert).GetByText("are supported").First.WaitForAsync();
        await tab.ScreenshotAsync("try-no-photo");
        await tab.AssertAccessibleAsync();
        await RemoveAsync("third");
    }

    [Fact]
    public async Task Server_KilledAndStarted_IsSaidAndGoneOnWith()
    {
        await CreateAsync("fourth", 3);
        var tab = await browser.OpenAsync("#/try?model=fourth");
        await ChooseAsync(tab, Fixtures.Path("photos", "rocket.jpg"));
        await tab.Page.Locator(".bars li").First.WaitForAsync();

        await browser.KillServerAsync();
        await ChooseAsync(tab, Fixtures.Path("photos", "chelsea.png"));
        await tab.Page.GetByText("The page goes on when it is back.").WaitForAsync();
        await tab.ScreenshotAsync("try-server-away");
        await browser.StartServerAsync();

        await tab.Page.Locator(".banner").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await tab.Page.GetByRole(AriaRole.Alert).WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await tab.Page.GetByAltText("The photo chelsea.png").WaitForAsync();
        await tab.Page.Locator(".bars li").First.WaitForAsync();
        await RemoveAsync("fourth");
    }

    [Fact, Measured]
    public async Task Photo_OfTwelveMegapixels_DoesNotStopThePage()
    {
        await CreateAsync("fifth", 3);
        var tab = await browser.OpenAsync("#/try?model=fifth");
        await tab.Page.EvaluateAsync(
            """
            window.longest = 0;
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
            }).observe({ type: "longtask" });
            """
        );

        await ChooseAsync(tab, Fixtures.Path("photos", "astronaut_12mp.jpg"));
        await tab.Page.Locator(".bars li").First.WaitForAsync();
        await tab.Page.Locator(".seen-input canvas").WaitForAsync();
        await tab.Page.WaitForTimeoutAsync(500);

        Assert.InRange(await tab.Page.EvaluateAsync<double>("window.longest"), 0, 50);
        await RemoveAsync("fifth");
    }

    private static Task ChooseAsync(ConsolePage tab, string file) =>
        tab.Page.Locator("input[type=file]").SetInputFilesAsync(file);

    private async Task CreateAsync(string name, int classes)
    {
        var labels = string.Join(',', Enumerable.Range(0, classes).Select(index => $"\"<b>{index}</b>\""));
        var body = $$"""
            { "name": "{{name}}", "labels": [{{labels}}], "architecture": {
              "input": { "channels": 3, "height": 32, "width": 32 },
              "layers": [{ "type": "flatten" }, { "type": "linear", "out_features": {{classes}} }] } }
            """;
        (await browser.Api.PostAsync("/v1/models", body)).Ok(201);
    }

    private async Task RemoveAsync(params string[] names)
    {
        foreach (var name in names)
            (await browser.Api.DeleteAsync($"/v1/models/{name}")).Ok();
    }
}
