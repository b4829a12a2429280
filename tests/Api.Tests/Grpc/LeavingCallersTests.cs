using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Grpc;
using ModelService.Api.Protection;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Grpc;

/// <summary>Calls that end early give back the memory of their messages.</summary>
public sealed class LeavingCallersTests : IAsyncDisposable
{
    private readonly ApiServer server = new();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task ModelStreamInfer_ClientThatLeaves_GivesItsMemoryBack()
    {
        await server.Api.CreateAsync(Networks.Tiny("left"));
        using var calls = new Calls(server);
        using (var stream = calls.Stream())
        {
            for (var index = 0; index < 20; index++)
                await stream.RequestStream.WriteAsync(Calls.Tensor("left"), TestContext.Current.CancellationToken);
            Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        await NothingIsTakenAsync();
    }

    [Fact]
    public async Task ModelStreamInfer_AnsweredRequests_GiveTheirMemoryBackBeforeTheCallEnds()
    {
        await server.Api.CreateAsync(Networks.Tiny("answered"));
        using var calls = new Calls(server);
        using var stream = calls.Stream();
        for (var index = 0; index < 5; index++)
        {
            await stream.RequestStream.WriteAsync(Calls.Tensor("answered"), TestContext.Current.CancellationToken);
            Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        await NothingIsTakenAsync();
        await stream.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task ModelInfer_CancelledCalls_LeaveTheQueueAndGiveTheirMemoryBack()
    {
        await server.Api.CreateAsync(Networks.Slow("cancelled"));
        using var calls = new Calls(server);
        using var cancel = new CancellationTokenSource();
        var waiting = Enumerable
            .Range(0, 40)
            .Select(_ =>
                calls.CallAsync(InferenceMethods.ModelInfer, Calls.Tensor("cancelled"), cancellationToken: cancel.Token)
            )
            .ToList();

        await cancel.CancelAsync();

        foreach (var call in waiting)
        {
            if (await Record.ExceptionAsync(() => call) is { } error)
                Assert.IsType<RpcException>(error);
        }

        await NothingIsTakenAsync();
        await calls.InferAsync(Calls.Tensor("cancelled"));
    }

    private Task NothingIsTakenAsync()
    {
        var memory = server.Services.GetRequiredService<BodyMemory>();
        return Eventually.GetAsync(() => memory.Taken, taken => taken == 0);
    }
}
