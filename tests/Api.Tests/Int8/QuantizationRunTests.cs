using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Int8;

/// <summary>A quantization in the background of a server by itself outlasts its request, and the server.</summary>
[Waits]
public sealed class QuantizationRunTests
{
    [Fact]
    public async Task Quantization_InTheBackground_GoesOnAfterAKillAndMakesOneVersion()
    {
        using var data = new TemporaryFolder();
        using var killed = await ServerProcess.StartAsync(data.Path);
        await Quantizations.PrepareAsync(killed.Api, "large", channels: 64);
        var first = await Quantizations.StartAsync(killed, "large");
        await Quantizations.WaitAsync(killed, first, "running");
        var cancelled = await Quantizations.StartAsync(killed, "large");
        await killed.KillAsync();

        using var server = await ServerProcess.StartAsync(data.Path);
        Assert.Equal("queued", (await server.Api.GetAsync(cancelled)).Ok().GetProperty("state").GetString());
        (await server.Api.DeleteAsync(cancelled)).Problem(409, "quantization_conflict");
        (await server.Api.PostAsync($"{cancelled}/cancel", Bodies.Json(""))).Ok();
        var run = await Quantizations.WaitAsync(server, first);

        Assert.True(run.GetProperty("state").GetString() == "succeeded", run.ToString());
        Assert.Equal(1, run.GetProperty("resumed").GetInt32());
        Assert.Equal(2, run.GetProperty("version").GetInt32());
        Assert.Equal("large@1", run.GetProperty("from").GetString());
        Assert.Equal(36, run.GetProperty("images").GetInt32());
        Assert.Equal(["float32", "int8"], await Quantizations.PrecisionsAsync(server, "large"));
        Assert.Equal(
            ["cancelled", "succeeded"],
            (await server.Api.GetAsync("/v1/quantizations"))
                .Ok()
                .GetProperty("quantizations")
                .EnumerateArray()
                .Select(item => item.GetProperty("state").GetString()!)
        );

        // One that runs ends at once, and what has ended can be forgotten.
        var running = await Quantizations.StartAsync(server, "large");
        await Quantizations.WaitAsync(server, running, "running");
        var end = (await server.Api.PostAsync($"{running}/cancel", Bodies.Json(""))).Ok();
        Assert.Equal("cancelled", end.GetProperty("state").GetString());
        (await server.Api.DeleteAsync(running)).Ok();
        (await server.Api.GetAsync(running)).Problem(404, "quantization_not_found");

        // What is known at once is no quantization.
        var image = Convert.ToBase64String(Fixtures.Bytes("photos", "chelsea.jpg"));
        var few = Bodies.Json($$"""{ "images": ["{{image}}"] }""");
        (await Quantizations.AskAsync(server, "/v1/models/large/versions/1/quantize", few)).Problem(
            422,
            "quantization_rejected"
        );
        (await Quantizations.AskAsync(server, "/v1/models/large/versions/7/quantize?dataset=digits")).Problem(
            404,
            "version_not_found"
        );
        Assert.Equal(["float32", "int8"], await Quantizations.PrecisionsAsync(server, "large"));
    }
}
