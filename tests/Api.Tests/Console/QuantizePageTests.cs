using System.Text.RegularExpressions;
using Microsoft.Playwright;
using ModelService.Api.Tests.Int8;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Console;

/// <summary>A version is quantized on its page, and the page of the new one says what that brought.</summary>
[Waits]
public sealed partial class QuantizePageTests(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    [Fact]
    public async Task Quantize_OnThePageOfAVersion_IsSeenCancelledAndReported()
    {
        var tab = await browser.OpenAsync("#/models"); // skipped without a browser
        await Quantizations.PrepareAsync(browser.Api, "fast", channels: 32);
        await Quantizations.PrepareAsync(browser.Api, "before", channels: 128);
        var before = new List<string>();
        for (var run = 0; run < 16; run++) // they take minutes: the next one waits until they are cancelled
            before.Add(await Quantizations.StartAsync(browser.Server, "before"));

        // Started, and found again after a reload.
        await tab.GoAsync("#/models/fast?version=1");
        await FillAsync(tab, "Photos", "19");
        await tab.Page.GetByText("A whole number from 20 to 500.").WaitForAsync();
        Assert.True(await tab.Button("Make the version").IsDisabledAsync());
        await FillAsync(tab, "Photos", "36");
        await LookAsync(tab, "quantize-form");
        await MakeAsync(tab);
        await tab.Page.GetByText("It waits for others to end").WaitForAsync();
        await tab.Page.ReloadAsync();
        await tab.Page.GetByText("It waits for others to end").WaitForAsync();

        // Cancelled and forgotten, after asking.
        await tab.Button("Cancel").ClickAsync();
        await AnswerAsync(tab, "Cancel the quantization");
        await tab.Page.GetByText("Nothing was made.").WaitForAsync();
        await tab.ScreenshotAsync("quantize-cancelled");
        await tab.Button("Forget").ClickAsync();
        await AnswerAsync(tab, "Forget");
        await tab.Page.GetByText("Nothing was made.").WaitForAsync(Gone);

        // One that runs says how far it is.
        await tab.GoAsync("#/models/before?version=1");
        await tab.Page.GetByText(Step()).WaitForAsync();
        await tab.ScreenshotAsync("quantize-progress");
        await tab.AssertAccessibleAsync();
        foreach (var run in before)
            (await browser.Api.PostAsync($"{run}/cancel", Bodies.Json(""))).Ok();
        await tab.Page.GetByText("Nothing was made.").WaitForAsync();

        // It leads to what it made.
        await tab.GoAsync("#/models/fast?version=1");
        await MakeAsync(tab);
        await tab.Main.GetByRole(AriaRole.Link, new() { Name = "version 2", Exact = true }).ClickAsync();
        await tab.Heading("With 8-bit integers").WaitForAsync();
        Assert.Equal(4, await tab.Page.Locator(".figure").CountAsync());
        var layers = tab.Page.GetByRole(AriaRole.Region, new() { Name = "Layers" });
        Assert.Equal(4, await layers.Locator("tbody tr").CountAsync());
        await layers.GetByText("int8").First.WaitForAsync();
        await layers.GetByText("It gives the logits.").WaitForAsync();
        Assert.Equal(0, await tab.Heading("Faster with 8-bit integers").CountAsync());
        await LookAsync(tab, "quantize-report");
        tab.AssertSound();
    }

    [Fact]
    public async Task Quantize_RandomWeights_SaysWhyNot()
    {
        const string Layers = """[{ "type": "flatten" }, { "type": "linear", "out_features": 3 }]""";
        const string Network = $$"""{ "input": { "channels": 3, "height": 8, "width": 8 }, "layers": {{Layers}} }""";
        (await browser.Api.PostAsync("/v1/models", $$"""{ "name": "random", "architecture": {{Network}} }""")).Ok(201);
        var tab = await browser.OpenAsync("#/models/random?version=1");

        await tab.Page.GetByText("Not for this version: it has random weights").WaitForAsync();

        Assert.Equal(0, await tab.Button("Make the version").CountAsync());
        await tab.AssertAccessibleAsync();
        tab.AssertSound();
    }

    // The page shows the default version if none is chosen.
    [Fact]
    public async Task Version_AnotherBecomesTheDefault_KeepsWhatIsTyped()
    {
        var tab = await browser.OpenAsync("#/models");
        await Quantizations.PrepareAsync(browser.Api, "typed", channels: 8);
        await tab.GoAsync("#/models/typed");
        await FillAsync(tab, "Photos", "33");

        (await browser.Api.PostAsync("/v1/models/typed/versions", "{}")).Ok(201);

        await tab
            .Page.Locator("tr", new() { HasText = "default" })
            .GetByRole(AriaRole.Link, new() { Name = "2", Exact = true })
            .WaitForAsync();
        Assert.Equal("33", await tab.Page.GetByLabel("Photos", new() { Exact = true }).InputValueAsync());
        tab.AssertSound();
    }

    // With a budget that any network keeps.
    private static async Task MakeAsync(ConsolePage tab)
    {
        await tab.Page.GetByText("How much the answers may change").ClickAsync();
        await FillAsync(tab, "Photos that keep their class, at least", "0");
        await FillAsync(tab, "Change of a probability, at most", "1");
        await tab.Button("Make the version").ClickAsync();
    }

    private static Task FillAsync(ConsolePage tab, string label, string value) =>
        tab.Page.GetByLabel(label, new() { Exact = true }).FillAsync(value);

    private static Task AnswerAsync(ConsolePage tab, string action) =>
        tab.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = action }).ClickAsync();

    // On a desk in light, and on a phone in the dark.
    private static async Task LookAsync(ConsolePage tab, string name)
    {
        await tab.ScreenshotAsync(name);
        await tab.AssertAccessibleAsync();
        await tab.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await tab.Page.SetViewportSizeAsync(390, 844);
        await tab.ScreenshotAsync($"{name}-390-dark");
        await tab.AssertAccessibleAsync();
        await tab.AssertFitsAsync();
        await tab.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await tab.Page.SetViewportSizeAsync(1400, 900);
    }

    private static LocatorWaitForOptions Gone => new() { State = WaitForSelectorState.Detached };

    [GeneratedRegex(@"Step \d+ of \d+")]
    private static partial Regex Step();
}
