using Microsoft.Playwright;
using ModelService.Api.Tests.Cluster;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Console;

/// <summary>The console before a server that asks for keys.</summary>
[Waits]
public sealed class KeyPageTests(ConsoleBrowser browser, PostgresServer postgres) : IClassFixture<ConsoleBrowser>
{
    [Theory]
    [InlineData(1400, false)]
    [InlineData(390, true)]
    public async Task Keys_AreMadeShownOnceListedAndRevoked(int width, bool isDark)
    {
        using var replicas = new Replicas(
            postgres.CreateDatabase(),
            [.. Keys.Settings.Select(setting => $"--{setting.Key}={setting.Value}")]
        );
        await replicas.StartAsync(1);
        var server = replicas[0];
        var tab = await browser.OpenAsync("#/key", width, isDark, server.Http.BaseAddress);
        await tab.Page.GetByLabel("API key").FillAsync("admin");
        await tab.PressAsync("Enter");

        // Made and shown.
        await tab.Page.GetByLabel("Name").FillAsync("camera at the gate");
        await tab.Page.GetByRole(AriaRole.Checkbox, new() { NameRegex = new("^metrics") }).CheckAsync();
        await tab.Page.GetByLabel("Valid until").FillAsync("2099-01-31T12:00");
        await tab.Button("Make the key").ClickAsync();
        var shown = tab.Page.GetByRole(AriaRole.Group, new() { Name = "The new key" });
        var key = await shown.Locator("code").TextContentAsync();
        var row = tab.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "camera at the gate" });
        await row.GetByText("predict, metrics").WaitForAsync();
        await row.GetByText("by admin key").WaitForAsync();
        (await server.With(key!).GetAsync("/v1/key")).Ok();
        await LookAsync(tab, $"keys-made-{width}{(isDark ? "-dark" : "")}");

        // A name is used once.
        await tab.Page.GetByLabel("Name").FillAsync("camera at the gate");
        await tab.Button("Make the key").ClickAsync();
        await tab.Page.GetByRole(AriaRole.Alert).GetByText("camera at the gate").WaitForAsync();

        // Not shown again.
        await tab.Button("Hide it").ClickAsync();
        Assert.DoesNotContain(key!, await tab.Page.ContentAsync(), StringComparison.Ordinal);
        await tab.Page.ReloadAsync();
        await row.GetByText("valid").WaitForAsync();
        Assert.DoesNotContain(key!, await tab.Page.ContentAsync(), StringComparison.Ordinal);

        // Revoked.
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await tab.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await row.GetByText("revoked by admin key").WaitForAsync();
        (await server.With(key!).GetAsync("/v1/key")).Problem(401, "unauthenticated");
        await LookAsync(tab, $"keys-revoked-{width}{(isDark ? "-dark" : "")}");
        tab.AssertSound();
    }

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

    private static async Task LookAsync(ConsolePage tab, string name)
    {
        await tab.ScreenshotAsync(name);
        await tab.AssertAccessibleAsync();
        await tab.AssertFitsAsync();
    }
}
