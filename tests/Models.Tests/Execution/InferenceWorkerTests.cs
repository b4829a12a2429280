using System.Buffers;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Scheduling;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Execution;

public sealed class InferenceWorkerTests : IDisposable
{
    private readonly InferenceWorker worker;

    public InferenceWorkerTests()
    {
        var network = Networks.Analyze(
            """{ "input": { "shape": [6] }, "layers": [{ "type": "linear", "out_features": 5 }] }"""
        );
        worker = new InferenceWorker(
            new CompiledModel(network, seed: 1, [], CPU),
            "model",
            1,
            new BatchingOptions { QueueLimit = 3 },
            new DeviceScheduler(1),
            new ModelMetrics("model")
        );
    }

    public void Dispose() => worker.Dispose();

    // While the photos of a request are decoded, none of its inputs is in the queue yet. Without the reservation,
    // requests that come meanwhile would be decoded only to be refused.
    [Fact]
    public void Reserve_RoomIsKeptForOthers_IsRefusedUntilTheyLeave()
    {
        Assert.True(worker.Reserve(2, Priority.Normal, TimeSpan.MaxValue).TryGet(out var two, out _));

        Assert.False(worker.Reserve(2, Priority.Normal, TimeSpan.MaxValue).TryGet(out _, out var refusal));
        Assert.Equal(ErrorCode.Overloaded, refusal.Code);
        Assert.True(worker.Reserve(1, Priority.Normal, TimeSpan.MaxValue).TryGet(out var one, out _));
        one.Dispose();
        two.Dispose();
        two.Dispose();
        Assert.True(worker.Reserve(3, Priority.Normal, TimeSpan.MaxValue).TryGet(out var three, out _));
        three.Dispose();
        Assert.False(worker.Reserve(4, Priority.Normal, TimeSpan.MaxValue).TryGet(out _, out _));
    }

    // Only another batch corrects an estimate that a slow one has spoilt: a request with nothing ahead of it is
    // computed whatever its deadline. Its caller stops waiting by itself.
    [Fact]
    public async Task RunAsync_IdleWorkerAndDeadlineBeforeTheEstimate_IsComputed()
    {
        await worker.Warm;
        for (var round = 0; round < 100; round++)
            Assert.Equal(5, (await RunAsync(InferenceWorker.Now)).Scores.Length);
    }

    // Some of the inputs that it was kept for may turn out to be no photos.
    [Fact]
    public async Task RunAsync_FewerInputsThanRoomWasKeptFor_GivesAllOfItBack()
    {
        for (var round = 0; round < 3; round++)
            Assert.Equal(5, (await RunAsync(TimeSpan.MaxValue, reserved: 3)).Scores.Length);
    }

    private async Task<RunResult> RunAsync(TimeSpan deadline, int reserved = 1)
    {
        Assert.True(worker.Reserve(reserved, Priority.Low, deadline).TryGet(out var place, out _));
        using var returning = place;
        return await worker.RunAsync(place, MemoryPool<float>.Shared.Rent(6), 1, TestContext.Current.CancellationToken);
    }
}
