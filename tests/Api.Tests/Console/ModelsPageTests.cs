using System.Text.Json.Nodes;
using Microsoft.Playwright;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Console;

/// <summary>The pages Models and Live.</summary>
[Waits]
public sealed class ModelsPageTests(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    [Fact]
    public async Task Versions_ArePinnedAndDeletedAfterAsking()
    {
        const string Layers = """[{ "type": "flatten" }, { "type": "linear", "out_features": 3 }]""";
        const string Network = $$"""{ "input": { "channels": 3, "height": 8, "width": 8 }, "layers": {{Layers}} }""";
        (await browser.Api.PostAsync("/v1/models", $$"""{ "name": "two", "architecture": {{Network}} }""")).Ok(201);
        (await browser.Api.PostAsync("/v1/models/two/versions", $$"""{ "architecture": {{Network}} }""")).Ok(201);
        var tab = await browser.OpenAsync("#/models/two?version=1");

        await tab.Button("Roll back to version 1").ClickAsync();
        await tab.Page.GetByText("pinned").First.WaitForAsync();
        await tab.ScreenshotAsync("models-two-versions");
        await tab.AssertPicturedAsync("models");
        await tab.AssertAccessibleAsync();
        Assert.Equal(1, (await browser.Api.GetAsync("/v1/models/two")).Ok().GetProperty("version").GetInt32());

        await tab.Button("Delete the model").ClickAsync();
        await tab.Heading("Delete two?").WaitForAsync();
        await tab.AssertAccessibleAsync();
        await tab.PressAsync("Escape");
        await tab.Heading("Delete two?").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        (await browser.Api.GetAsync("/v1/models/two")).Ok();
        await tab.Button("Delete the model").ClickAsync();
        await tab.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await tab.Page.GetByRole(AriaRole.Heading, new() { Name = "Models", Exact = true }).WaitForAsync();
        (await browser.Api.GetAsync("/v1/models/two")).Problem(404, "model_not_found");
        tab.AssertSound();
    }

    [Fact]
    public async Task Canary_Shares_AreSetAndEndedAfterAsking()
    {
        const string Layers = """[{ "type": "flatten" }, { "type": "linear", "out_features": 3 }]""";
        const string Network = $$"""{ "input": { "channels": 3, "height": 8, "width": 8 }, "layers": {{Layers}} }""";
        (await browser.Api.PostAsync("/v1/models", $$"""{ "name": "shared", "architecture": {{Network}} }""")).Ok(201);
        (await browser.Api.PostAsync("/v1/models/shared/versions", "{}")).Ok(201);
        (
            await browser.Api.SendAsync(
                HttpMethod.Patch,
                "/v1/models/shared",
                Bodies.Json("""{ "default_version": 1 }""")
            )
        ).Ok();
        var tab = await browser.OpenAsync("#/models/shared?tab=canary");
        var dialog = tab.Page.GetByRole(AriaRole.Dialog);

        await tab.Page.GetByLabel("Version 1").FillAsync("90");
        Assert.True(await tab.Button("Set the routes").IsDisabledAsync());
        await tab.Page.GetByLabel("Version 2").FillAsync("10");
        await tab.Button("Set the routes").ClickAsync();
        await tab.Heading("Divide the requests for shared?").WaitForAsync();
        await tab.AssertAccessibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Set the routes" }).ClickAsync();
        await tab.Page.GetByText("stable", new() { Exact = true }).WaitForAsync();
        Assert.Equal(
            """{"1":90,"2":10}""",
            (await browser.Api.GetAsync("/v1/models/shared")).Ok().GetProperty("routes").GetRawText()
        );
        await tab.ScreenshotAsync("models-canary");
        await tab.AssertAccessibleAsync();

        await tab.Button("End the routes").ClickAsync();
        await tab.Heading("End the routes?").WaitForAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "End the routes" }).ClickAsync();
        await tab.Page.GetByText("Version 1 answers all requests without a version.").WaitForAsync();
        Assert.False((await browser.Api.GetAsync("/v1/models/shared")).Ok().TryGetProperty("routes", out _));
        tab.AssertSound();
        (await browser.Api.DeleteAsync("/v1/models/shared")).Ok();
    }

    [Fact]
    public async Task Models_AThousand_AreListedAndFound()
    {
        const string Network = """
            { "input": { "channels": 3, "height": 8, "width": 8 },
              "layers": [{ "type": "flatten" }, { "type": "linear", "out_features": 3 }] }
            """;
        (await browser.Api.PostAsync("/v1/models", $$"""{ "name": "one", "architecture": {{Network}} }""")).Ok(201);
        var one = (await browser.Api.GetAsync("/v1/models")).Ok().GetProperty("models")[0].GetRawText();
        var many = new JsonArray([
            .. Enumerable
                .Range(0, 1000)
                .Select(index =>
                {
                    var model = JsonNode.Parse(one)!;
                    model["name"] = $"model-{index:d4}";
                    return model;
                }),
        ]);
        var tab = await browser.OpenAsync("#/key", 390);
        await tab.Page.RouteAsync(
            "**/v1/models",
            route => route.FulfillAsync(new() { Json = new JsonObject { ["models"] = many.DeepClone() } })
        );

        await tab.GoAsync("#/models");
        await tab.Page.GetByText("1,000 models").First.WaitForAsync();
        await tab.Page.GetByRole(AriaRole.Searchbox).FillAsync("0777");
        await tab.Page.GetByText("model-0777").First.WaitForAsync();
        await tab.ScreenshotAsync("models-thousand-390");
        await tab.AssertAccessibleAsync();
        await tab.AssertFitsAsync();
        tab.AssertSound();
        (await browser.Api.DeleteAsync("/v1/models/one")).Ok();
    }

    [Fact]
    public async Task Live_WithRequests_ShowsThem()
    {
        const string Network = """
            { "input": { "channels": 3, "height": 32, "width": 32 },
              "layers": [{ "type": "flatten" }, { "type": "linear", "out_features": 3 }] }
            """;
        (await browser.Api.PostAsync("/v1/models", $$"""{ "name": "busy", "architecture": {{Network}} }""")).Ok(201);
        var tab = await browser.OpenAsync("#/live", isDark: true);
        for (var request = 0; request < 100; request++)
        {
            await browser.Api.PostAsync("/v1/models/busy/predict", Bodies.Photo("rocket.jpg"));
            await Task.Delay(60, TestContext.Current.CancellationToken);
        }

        await tab.Page.WaitForTimeoutAsync(3000);
        await tab.ScreenshotAsync("live-dark");
        await tab.AssertPicturedAsync("live");
        var row = tab.Page.GetByRole(AriaRole.Row, new() { Name = "busy" });
        Assert.DoesNotContain("–", await row.TextContentAsync(), StringComparison.Ordinal);
        await tab.AssertAccessibleAsync();
        tab.AssertSound();
        (await browser.Api.DeleteAsync("/v1/models/busy")).Ok();
    }
}
