namespace ModelService.Api.Tests.Console;

/// <summary>What holds for every page of the console, light and dark, on a desk and on a phone.</summary>
[Waits]
public sealed class ConsolePagesTests(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    private static readonly string[] Pages = ["try", "builder", "inside", "data", "models", "live", "key"];

    public static TheoryData<string, int, bool> Looks =>
        new(
            Pages.SelectMany(page =>
                new[] { (page, 1400, false), (page, 1400, true), (page, 390, false), (page, 390, true) }
            )
        );

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task Open_OnAnEmptyServer_IsSoundAndAccessible(string page, int width, bool isDark)
    {
        var tab = await browser.OpenAsync($"#/{page}", width, isDark);
        await tab.Page.WaitForLoadStateAsync(Microsoft.Playwright.LoadState.NetworkIdle);

        await tab.ScreenshotAsync($"empty-{page}-{width}-{(isDark ? "dark" : "light")}");
        await tab.AssertAccessibleAsync();
        await tab.AssertFitsAsync();
        tab.AssertSound();
    }

    [Fact, Measured]
    public async Task Open_First_IsSmallAndQuick()
    {
        var tab = await browser.OpenAsync("");
        await tab.Page.ReloadAsync();
        await tab.Heading("Try").WaitForAsync();

        var bytes = await tab.Page.EvaluateAsync<double>(
            "performance.getEntriesByType('resource').filter(e => !e.name.includes('/samples/'))"
                + ".reduce((sum, e) => sum + e.encodedBodySize, 0)"
        );
        var paint = await tab.Page.EvaluateAsync<double>(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        );

        Assert.InRange(bytes, 1, 200_000);
        Assert.InRange(paint, 0, 300);
    }

    [Fact, Measured]
    public async Task Chart_OfTwoThousandPoints_ThatStreamIn_DoesNotStopThePage()
    {
        var tab = await browser.OpenAsync("#/live");

        var longest = await tab.Page.EvaluateAsync<double>(
            """
            async () => {
              const [{ html, render }, { Chart }] = await Promise.all([
                import("/lib/html.js"), import("/components/chart.js"),
              ]);
              const host = document.querySelector("main").appendChild(document.createElement("div"));
              let longest = 0;
              new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration);
              }).observe({ type: "longtask" });
              const [x, loss, rate] = [[], [], []];
              while (x.length < 2000) {
                for (let one = 0; one < 10; one++) {
                  loss.push(Math.exp(-x.length / 500) + Math.random() / 10);
                  rate.push(x.length % 7 ? null : Math.random());
                  x.push(x.length);
                }
                const curves = [{ label: "Loss", values: [...loss] }, { label: "Rate", values: [...rate] }];
                render(html`<${Chart} title="Stream" x=${[...x]} curves=${curves} />`, host);
                await new Promise(requestAnimationFrame);
              }
              await new Promise((done) => setTimeout(done, 100));
              return longest;
            }
            """
        );

        Assert.InRange(longest, 0, 50);
        var last = tab.Page.Locator(".u-legend").Last.Locator(".u-value").First; // x, as the legend has it
        Assert.Equal("1,999", await last.InnerTextAsync());
    }

    [Fact]
    public async Task Tab_FromTheTop_ReachesTheContentAndShowsWhereItIs()
    {
        var tab = await browser.OpenAsync("#/try");
        await tab.Page.GetByText("Train a first model").WaitForAsync(); // it is there once the models are known

        await tab.PressAsync("Tab");
        Assert.Equal("Skip to the content", await FocusedAsync(tab, "textContent"));
        Assert.Equal(
            "solid",
            await tab.Page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle")
        );
        await tab.PressAsync("Enter");
        Assert.Equal("main", await FocusedAsync(tab, "id"));
        for (var stop = 0; stop < 20 && await FocusedAsync(tab, "textContent") != "Train a first model"; stop++)
            await tab.PressAsync("Tab");
        Assert.Equal("Train a first model", await FocusedAsync(tab, "textContent"));
    }

    private static Task<string> FocusedAsync(ConsolePage tab, string property) =>
        tab.Page.EvaluateAsync<string>($"document.activeElement.{property}.trim()");
}
