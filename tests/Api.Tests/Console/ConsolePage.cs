using System.Collections.Concurrent;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace ModelService.Api.Tests.Console;

/// <summary>A tab with the console. It remembers everything that should not happen.</summary>
internal sealed class ConsolePage : IAsyncDisposable
{
    /// <summary>Long enough for a machine that does other things, too.</summary>
    private const float Patience = 60_000;

    private static readonly string Artifacts = Path.Combine(Repository.Root, "artifacts", "console");

    private readonly IBrowserContext context;
    private readonly Uri address;
    private readonly ConcurrentQueue<string> problems = [];

    public ConsolePage(IBrowserContext context, IPage page, Uri address)
    {
        (this.context, Page, this.address) = (context, page, address);
        page.SetDefaultTimeout(Patience);
        page.PageError += (_, error) => problems.Enqueue($"error: {error}");
        page.Console += (_, message) =>
        {
            // The browser reports each answer with an error status; tests of errors expect those.
            if (
                message.Type == "error"
                && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)
            )
            {
                problems.Enqueue($"console: {message.Text}");
            }
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(address.AbsoluteUri, StringComparison.Ordinal) && !IsLocal(request.Url))
                problems.Enqueue($"foreign request: {request.Url}");
        };
    }

    public IPage Page { get; }

    public ILocator Main => Page.Locator("main");

    /// <summary>Goes to a page of the console, and waits for its heading.</summary>
    public async Task GoAsync(string route)
    {
        await Page.GotoAsync(new Uri(address, route).AbsoluteUri);
        await Page.Locator("h1").WaitForAsync();
    }

    public ILocator Button(string name) =>
        Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true });

    public ILocator Heading(string name) =>
        Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = name, Exact = true });

    public Task PressAsync(string key) => Page.Keyboard.PressAsync(key);

    /// <summary>Saves a picture for people to look at.</summary>
    /// <param name="name">The name of the file.</param>
    /// <param name="isWhole">Whether it shows the whole page, or what the window does.</param>
    public async Task<byte[]> ScreenshotAsync(string name, bool isWhole = true)
    {
        Directory.CreateDirectory(Artifacts);
        return await Page.ScreenshotAsync(
            new PageScreenshotOptions { Path = Path.Combine(Artifacts, $"{name}.png"), FullPage = isWhole }
        );
    }

    /// <summary>
    /// Asserts that docs/console.md has its picture of this page; with <c>UPDATE_DOCS=1</c>, makes it. Pixels are not
    /// compared: fonts differ between machines.
    /// </summary>
    public async Task AssertPicturedAsync(string name)
    {
        var path = Repository.Path("docs", "console", $"{name}.png");
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await Page.EvaluateAsync("scrollTo(0, 0)");
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = path });
        }

        Assert.True(File.Exists(path), $"{path} is missing; UPDATE_DOCS=1 makes it.");
        var page = await File.ReadAllTextAsync(Repository.Path("docs", "console.md"));
        Assert.Contains($"console/{name}.png", page, StringComparison.Ordinal);
    }

    /// <summary>Asserts that the page has no violation of WCAG AA that a program can find.</summary>
    public async Task AssertAccessibleAsync()
    {
        // A page that is still being fetched has none.
        await Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Level = 1 }).WaitForAsync();
        var result = await Page.RunAxe();
        Assert.Empty(
            result.Violations.Select(violation =>
                $"{violation.Id}: {string.Join("; ", violation.Nodes.Take(3).Select(node => node.Html))}"
            )
        );
    }

    /// <summary>Asserts that the page is not wider than its window.</summary>
    public async Task AssertFitsAsync() =>
        Assert.True(
            await Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"),
            "The page is wider than its window."
        );

    /// <summary>Asserts that no script failed, and that no request went to another server.</summary>
    public void AssertSound() => Assert.Empty(problems);

    public ValueTask DisposeAsync() => context.DisposeAsync();

    private static bool IsLocal(string url) =>
        url.StartsWith("blob:", StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal);
}
