using System.Net;
using Grpc.Core;
using ModelService.Api.Tests.Support;
using ModelService.Protocol;

namespace ModelService.Api.Tests.Grpc;

/// <summary>Thousands of calls, good, bad and abandoned, leave nothing behind in the server's process.</summary>
[Measured]
[Collection(nameof(Alone))]
public sealed class CallMemoryTests : IAsyncLifetime
{
    private readonly AttackedServer server = new() { Version = HttpVersion.Version20 };

    public ValueTask InitializeAsync() => server.InitializeAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public Task ModelInfer_ThousandsOfCalls_LeaveNoMemoryTaken() =>
        server.UnharmedAsync(async () =>
        {
            using var calls = new Calls(server.Address, "predict");
            for (var round = 0; round < 200; round++)
            {
                await Task.WhenAll(
                    Enumerable
                        .Range(0, 10)
                        .Select(index => calls.InferAsync(Calls.Tensor("kept", isRaw: index % 2 == 0)))
                );
            }
        });

    [Fact]
    public Task ModelInfer_LargeMessagesThatAreWrong_LeaveNoMemoryTaken() =>
        server.UnharmedAsync(async () =>
        {
            using var calls = new Calls(server.Address, "predict");
            for (var round = 0; round < 20; round++)
            {
                var request = Calls.Photo("kept", new byte[10 << 20], isRaw: round % 2 == 0);
                await Calls.FailsAsync(StatusCode.InvalidArgument, calls.InferAsync(request));
            }
        });

    [Fact]
    public Task ModelStreamInfer_StreamsThatAreAbandoned_LeaveNoMemoryTaken() =>
        server.UnharmedAsync(async () =>
        {
            using var calls = new Calls(server.Address, "predict");
            for (var round = 0; round < 100; round++)
            {
                using var stream = calls.Stream();
                for (var index = 0; index < 10; index++)
                    await stream.RequestStream.WriteAsync(Tensor(index), TestContext.Current.CancellationToken);
                Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            }
        });

    private static ModelInferRequest Tensor(int index) => Calls.Tensor(index % 5 == 4 ? "nobody" : "kept");
}
