using System.Text.Json;
using Microsoft.Playwright;

namespace ModelService.Api.Tests.Console;

/// <summary>The page Builder: three views of one network.</summary>
[Waits]
public sealed class BuilderTests(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    [Fact]
    public async Task Keyboard_AddsChangesRemovesAndUndoes()
    {
        var tab = await browser.OpenAsync("#/builder");
        var before = await NetworkAsync(tab);
        await Layers(tab).First.FocusAsync();

        await tab.PressAsync("a");
        await tab.Page.GetByRole(AriaRole.Searchbox).FillAsync("batch");
        await tab.PressAsync("Enter");
        await WaitForAsync(tab, 11);
        Assert.Contains("batch_norm2d", TypesOf(await NetworkAsync(tab)));

        await tab.PressAsync("Control+z");
        await WaitForAsync(tab, 10);
        Assert.Equal(before, await NetworkAsync(tab));
        await tab.PressAsync("Control+Shift+z");
        await WaitForAsync(tab, 11);
        tab.AssertSound();
    }

    [Fact]
    public async Task Json_WithAMistake_IsToldAtTheLayer()
    {
        var tab = await browser.OpenAsync("#/builder", isDark: true);
        var json = tab.Page.GetByLabel("The network as JSON");

        await json.FillAsync(
            """
            { "input": { "channels": 3, "height": 32, "width": 32 },
              "layers": [{ "type": "conv2d", "out_chanels": 6, "kernel_size": 3 }, { "type": "rely" }] }
            """
        );

        await tab.Main.GetByText("did you mean").First.WaitForAsync();
        await tab.Page.GetByText("/layers/0/out_chanels").First.WaitForAsync();
        await tab.ScreenshotAsync("builder-mistakes-dark");
        await tab.AssertAccessibleAsync();
        await json.FillAsync("{ \"input\": ");
        await tab.ScreenshotAsync("builder-no-json-dark");
        await tab.AssertAccessibleAsync();
        tab.AssertSound();
    }

    [Theory]
    [InlineData("resnet50", 390)]
    [InlineData("densenet121", 1400)]
    public async Task Open_PredefinedNetwork_IsShownWithItsNumbers(string network, int width)
    {
        var tab = await browser.OpenAsync($"#/builder?base={network}", width);

        await tab.Page.GetByText("Valid").First.WaitForAsync();
        await tab.Page.WaitForTimeoutAsync(1000); // "Valid" may still be of the network before
        await tab.ScreenshotAsync($"builder-{network}-{width}");
        await tab.AssertAccessibleAsync();
        await tab.AssertFitsAsync();
        tab.AssertSound();
    }

    private static ILocator Layers(ConsolePage tab) => tab.Page.Locator("[data-layer^='/layers/']");

    private static Task WaitForAsync(ConsolePage tab, int layers) =>
        tab.Page.WaitForFunctionAsync(
            "(count) => document.querySelectorAll('.layer-line[data-layer^=\"/layers/\"]').length === count",
            layers
        );

    private static async Task<string> NetworkAsync(ConsolePage tab) =>
        await tab.Page.GetByLabel("The network as JSON").InputValueAsync();

    private static IEnumerable<string?> TypesOf(string network) =>
        JsonElement
            .Parse(network)
            .GetProperty("layers")
            .EnumerateArray()
            .Select(layer => layer.GetProperty("type").GetString());
}
