using Microsoft.Playwright;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Console;

/// <summary>
/// A real browser before a real server, for tests of the web console. It is a Chromium of the machine; without one, the
/// tests are skipped and say so.
/// </summary>
public sealed class ConsoleBrowser : IAsyncLifetime
{
    private static readonly string? Executable = new[]
    {
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    }.FirstOrDefault(File.Exists);

    private readonly TemporaryFolder data = new();
    private readonly List<ConsolePage> pages = [];
    private ServerProcess? server;
    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>Speaks to the server.</summary>
    internal ApiClient Api => Server.Api;

    /// <summary>The server. Skips the test that asks for it where there is no browser.</summary>
    internal ServerProcess Server
    {
        get
        {
            Assert.SkipUnless(Executable is not null, "There is no Chromium on this machine.");
            return server!;
        }
    }

    /// <summary>Kills the server.</summary>
    internal Task KillServerAsync() => Server.KillAsync();

    /// <summary>Starts the server again where it was, with the same data.</summary>
    internal async Task StartServerAsync()
    {
        var address = server!.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        server.Dispose();
        server = await ServerProcess.StartAsync(data.Path, $"--urls={address}");
    }

    public async ValueTask InitializeAsync()
    {
        if (Executable is null)
            return;
        server = await ServerProcess.StartAsync(data.Path);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions { ExecutablePath = Executable, Args = ["--no-sandbox"] }
        );
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var page in pages)
            await page.DisposeAsync();
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
        server?.Dispose();
        data.Dispose();
    }

    /// <summary>Opens the console in a tab of its own, without cookies or storage of others.</summary>
    /// <param name="route">The page, such as <c>#/try</c>.</param>
    /// <param name="width">Width of the window in pixels.</param>
    /// <param name="isDark">Whether the system wishes dark colours.</param>
    /// <param name="address">The server; the fixture's if null.</param>
    internal async Task<ConsolePage> OpenAsync(string route, int width = 1400, bool isDark = false, Uri? address = null)
    {
        var own = Server.Http.BaseAddress!;
        var context = await browser!.NewContextAsync(
            new BrowserNewContextOptions
            {
                ViewportSize = new ViewportSize { Width = width, Height = width < 600 ? 844 : 900 },
                ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
                ReducedMotion = ReducedMotion.Reduce,
                Locale = "en-GB",
                TimezoneId = "UTC",
            }
        );
        var page = new ConsolePage(context, await context.NewPageAsync(), address ?? own);
        pages.Add(page);
        await page.GoAsync(route);
        return page;
    }
}
