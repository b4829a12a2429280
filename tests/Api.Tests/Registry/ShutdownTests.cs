using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

[Collection(nameof(Alone))]
public sealed class ShutdownTests : IDisposable
{
    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Start_FolderOfAnotherServer_IsRefusedWithItsProcess()
    {
        using var first = await ServerProcess.StartAsync(data.Path);

        var (exitCode, error) = await ServerProcess.RunAsync(data.Path);

        Assert.Equal(1, exitCode);
        Assert.Contains(
            $"The folder {data.Path} is in use by the server with process id {first.Id}.",
            error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        await first.Api.CreateAsync(Networks.Tiny("served"));
    }

    [Fact]
    public async Task Stop_WhileAModelIsMade_FinishesItAndExitsWithoutAnError()
    {
        using var server = await ServerProcess.StartAsync(data.Path);
        var creation = server.Api.PostAsync("/v1/models", """{"name":"large","base":"resnet18","seed":1}""");
        await Eventually.GetAsync(() => server.Api.GetAsync("/v1/models/large"), answer => answer.Status != 404);

        var exitCode = await server.StopAsync();

        Assert.Equal(0, exitCode);
        (await creation).Ok(201);
        using var next = await ServerProcess.StartAsync(data.Path);
        Assert.NotEqual("failed", (await next.Api.GetAsync("/v1/models/large")).Ok().GetProperty("state").GetString());
    }

    [Fact]
    public async Task Stop_WhileModelsAreLoaded_ExitsWithoutAnError()
    {
        using (var first = await ServerProcess.StartAsync(data.Path))
        {
            foreach (var name in new[] { "a", "b", "c" })
                await first.Api.CreateAsync($$"""{"name":"{{name}}","base":"squeezenet1_1","seed":1}""");
            Assert.Equal(0, await first.StopAsync());
        }

        using (var second = await ServerProcess.StartAsync(data.Path))
            Assert.Equal(0, await second.StopAsync());
        using var third = await ServerProcess.StartAsync(data.Path);
        await Eventually.GetAsync(() => third.Api.GetAsync("/health/ready"), ready => ready.Status != 503);
        Assert.All(
            (await third.Api.GetAsync("/v1/models")).Ok().GetProperty("models").EnumerateArray(),
            model => Assert.Equal("ready", model.GetProperty("state").GetString())
        );
    }
}
