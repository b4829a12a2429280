using Microsoft.Playwright;

namespace ModelService.Api.Tests.Console;

/// <summary>
/// The lesson in one run: the tour, a network of one's own, photos, a training, a prediction, and what its layers see.
/// </summary>
[Waits]
public sealed class LessonTests(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    [Fact]
    public async Task Lesson_FromBuildingToPredicting()
    {
        var tab = await browser.OpenAsync("#/builder");

        await TakeTheTourAsync(tab);
        await CreateAsync(tab);
        await TrainAsync(tab);
        await PredictAsync(tab);

        tab.AssertSound();
    }

    private static async Task TakeTheTourAsync(ConsolePage tab)
    {
        await tab.Button("Take the tour").ClickAsync();
        for (var step = 1; step <= 11; step++)
        {
            await tab.Page.GetByText($"step {step} of 11").WaitForAsync();
            await tab.Page.Locator("img[alt^='The channels of']").WaitForAsync();
            await tab.Page.WaitForTimeoutAsync(1500); // the analysis and the picture follow the step
            await tab.ScreenshotAsync($"lesson-tour-{step:d2}");
            if (step == 6)
                await tab.AssertPicturedAsync("builder");
            if (step == 1)
                await tab.AssertAccessibleAsync();
            if (step < 11)
                await tab.Button("Next").ClickAsync();
        }

        await tab.Button("End the tour").ClickAsync();
    }

    private static async Task CreateAsync(ConsolePage tab)
    {
        await tab.Button("Create a model").ClickAsync();
        await tab.AssertAccessibleAsync();
        await tab.Page.GetByLabel("Name", Exactly).FillAsync("lesson");
        await tab.Page.GetByLabel("Labels, one a line").FillAsync("Ankle boot\nBag\nDress\nSneaker\nT-shirt\nTrouser");
        await tab.ScreenshotAsync("lesson-create");
        await tab.Button("Create").ClickAsync();
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Train it" }).WaitForAsync();
        await tab.PressAsync("Escape");
    }

    private static async Task TrainAsync(ConsolePage tab)
    {
        await tab.GoAsync("#/data");
        await tab.Button("Use 120 sample photos").ClickAsync();
        await tab.Button("Upload").ClickAsync();
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Train a model on it" }).ClickAsync();
        await tab.Page.GetByLabel("Model", Exactly).FillAsync("lesson");
        await tab.Page.GetByLabel("Method").SelectOptionAsync("scratch");
        await tab.Button("20 s").ClickAsync();
        await tab.Page.WaitForLoadStateAsync(LoadState.NetworkIdle); // the versions that it may begin with
        await tab.ScreenshotAsync("lesson-new-training");
        await tab.Button("Train").ClickAsync();
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Try it" }).WaitForAsync(new() { Timeout = 120_000 });
        await tab.ScreenshotAsync("lesson-trained");
        await tab.AssertPicturedAsync("train");
        await tab.AssertAccessibleAsync();
    }

    private static async Task PredictAsync(ConsolePage tab)
    {
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Try it" }).ClickAsync();
        await tab.Button("Trouser").ClickAsync();
        await tab.Page.Locator(".bars li").First.WaitForAsync();
        Assert.Equal(6, await tab.Page.Locator(".bars li").CountAsync());
        await tab.ScreenshotAsync("lesson-predicted");
        await tab.GoAsync("#/inside?model=lesson");
        await tab.Page.GetByText("the same").WaitForAsync(); // our arithmetic of one number, and the server's
        await tab.Page.WaitForLoadStateAsync(LoadState.NetworkIdle); // the maps and filters
        await tab.ScreenshotAsync("lesson-inside");
        await tab.AssertPicturedAsync("inside");
        await tab.AssertAccessibleAsync();
    }

    private static PageGetByLabelOptions Exactly => new() { Exact = true };
}
