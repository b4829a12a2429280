namespace ModelService.Api.Tests.Console;

/// <summary>A newcomer's first minute: an empty server, one click, and a right answer.</summary>
[Waits]
public sealed class FirstModelTests(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    [Fact]
    public async Task TrainAFirstModel_OnAnEmptyServer_EndsWithARightAnswer()
    {
        var tab = await browser.OpenAsync("#/try");

        await tab.Button("Train a first model").ClickAsync();
        await tab.Heading("Training your first model").WaitForAsync();
        await tab.ScreenshotAsync("try-first-training");
        await BestIsAsync(tab, "Bag");
        await tab.ScreenshotAsync("try-first-answer");
        await tab.AssertAccessibleAsync();

        // Other samples, without the mouse.
        await tab.Button("Trouser").FocusAsync();
        await tab.PressAsync("Enter");
        await BestIsAsync(tab, "Trouser");

        // What led to it.
        await tab.Page.GetByLabel("What led to the best score").SelectOptionAsync("grad_cam");
        await tab.Page.Locator(".seen-photo .heat").WaitForAsync();
        await tab.ScreenshotAsync("try-grad-cam");
        await tab.AssertPicturedAsync("try");
        await tab.AssertAccessibleAsync();
        tab.AssertSound();
    }

    private static Task BestIsAsync(ConsolePage tab, string label) =>
        tab.Page.Locator(".bars li").First.GetByText(label).WaitForAsync(new() { Timeout = 120_000 });
}
