using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests;

public sealed class OverloadTests
{
    [Fact]
    public async Task Predict_MoreInputsThanMayWait_IsRefusedAtOnceAndLeavesRoom()
    {
        await using var server = new ApiServer { Settings = new() { ["ModelService:Batching:QueueLimit"] = "2" } };
        await server.Api.CreateAsync(Networks.Tiny("narrow"));

        var three = await server.Api.PredictAsync("narrow", Bodies.Tensors(Networks.Shape, Networks.Input(), Networks.Input(), Networks.Input()));
        var two = await server.Api.PredictAsync("narrow", Bodies.Tensors(Networks.Shape, Networks.Input(), Networks.Input()));

        three.Problem(429, "overloaded");
        Assert.Equal("1", three.RetryAfter);
        Assert.Equal(2, two.Ok().GetProperty("predictions").GetArrayLength());
    }
}
