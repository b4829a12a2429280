using System.Diagnostics;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Execution;

public sealed class OverloadTests
{
    [Fact]
    public async Task Predict_MoreInputsThanMayWait_IsRefusedAtOnceAndLeavesRoom()
    {
        await using var server = new ApiServer { Settings = new() { ["ModelService:Batching:QueueLimit"] = "2" } };
        await server.Api.CreateAsync(Networks.Tiny("narrow"));

        var three = await server.Api.PredictAsync(
            "narrow",
            Bodies.Tensors(Networks.Shape, Networks.Input(), Networks.Input(), Networks.Input())
        );
        var two = await server.Api.PredictAsync(
            "narrow",
            Bodies.Tensors(Networks.Shape, Networks.Input(), Networks.Input())
        );

        three.Problem(429, "overloaded");
        Assert.Equal("1", three.RetryAfter);
        Assert.Equal(2, two.Ok().GetProperty("predictions").GetArrayLength());
    }

    [Measured]
    [Fact]
    public async Task Predict_MoreIsBeforeItThanItsTimeAllows_IsRefusedAtOnce()
    {
        await using var server = new ApiServer();
        await server.Api.CreateAsync(Networks.Slow("busy"));
        var many = Bodies.Tensors(Networks.Shape, [.. Enumerable.Range(0, 32).Select(Networks.Input)]);
        await server.Api.PredictAsync("busy", many);
        var started = Stopwatch.GetTimestamp();
        await server.Api.PredictAsync("busy", many);
        var took = Stopwatch.GetElapsedTime(started);

        // As many again, and one that is in a hurry behind them.
        var ahead = Enumerable.Range(0, 6).Select(_ => server.Api.PredictAsync("busy", many)).ToList();
        Answer hurried;
        do
        {
            using var body = Bodies.Json(Networks.InputJson());
            body.Headers.Add("X-Request-Timeout-Ms", $"{Math.Ceiling(took.TotalMilliseconds)}");
            hurried = await server.Api.PredictAsync("busy", body);
        } while (hurried.Status != 429 && !ahead.TrueForAll(request => request.IsCompleted));

        Assert.Contains(
            "scores are expected in about",
            hurried.Problem(429, "overloaded").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        Assert.All(await Task.WhenAll(ahead), answer => answer.Ok());
    }
}
