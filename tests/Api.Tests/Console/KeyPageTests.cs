using Microsoft.Playwright;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Console;

/// <summary>The console before a server that asks for keys.</summary>
[Waits]
public sealed class KeyPageTests(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    [Fact]
    public async Task Key_ThatMayOnlyPredict_OpensTryAndNoMore()
    {
        using var data = new TemporaryFolder();
        string[] settings = [.. Keys.Settings.Select(setting => $"--{setting.Key}={setting.Value}")];
        using var server = await ServerProcess.StartAsync(data.Path, settings);
        var tab = await browser.OpenAsync("#/models", address: server.Http.BaseAddress);

        // Without a key.
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Enter a key" }).ClickAsync();
        await tab.AssertAccessibleAsync();
        await tab.Page.GetByLabel("API key").FillAsync("wrong");
        await tab.PressAsync("Enter");
        await tab.Page.GetByText("The server does not know this key.").WaitForAsync();
        await tab.ScreenshotAsync("key-wrong");
        await tab.Page.GetByLabel("API key").FillAsync("predict");
        await tab.PressAsync("Enter");
        await tab.Page.GetByText("predict key").First.WaitForAsync();
        await tab.ScreenshotAsync("key-predict");
        await tab.AssertAccessibleAsync();

        // With it: what it may not do is said, and nothing breaks.
        await tab.GoAsync("#/models");
        await tab.Page.GetByRole(AriaRole.Alert).WaitForAsync(new() { State = WaitForSelectorState.Detached });
        foreach (var page in new[] { "builder", "data", "live" })
        {
            await tab.GoAsync($"#/{page}");
            await tab.Main.GetByText("scope").First.WaitForAsync();
            await tab.ScreenshotAsync($"key-predict-{page}");
            await tab.AssertAccessibleAsync();
        }

        // It stays in the tab.
        Assert.DoesNotContain("predict", new Uri(tab.Page.Url).Query, StringComparison.Ordinal);
        Assert.Equal(0, await tab.Page.EvaluateAsync<int>("localStorage.length"));
        Assert.Equal("", await tab.Page.EvaluateAsync<string>("document.cookie"));
        tab.AssertSound();
    }
}
