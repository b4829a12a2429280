using System.Globalization;
using Grpc.Core;
using ModelService.Api.Tests.Support;
using ModelService.Protocol;

namespace ModelService.Api.Tests.Grpc;

/// <summary>Keys, scopes and rates hold for calls as for REST, and their errors are those of gRPC.</summary>
public sealed class CallScopeTests : IAsyncDisposable
{
    private readonly ApiServer server = new() { Settings = Keys.Settings };

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Call_WithoutAKey_IsUnauthenticated()
    {
        using var calls = new Calls(server);

        var error = await Calls.FailsAsync(StatusCode.Unauthenticated, MetadataAsync(calls));

        Assert.Contains("An API key is required", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("unauthenticated", error.Trailers.GetValue("error-code"));
        Assert.True((await calls.CallAsync<ServerLiveRequest, ServerLiveResponse>("ServerLive", new())).Live);
    }

    [Theory]
    [InlineData("wrong", StatusCode.Unauthenticated, StatusCode.Unauthenticated, StatusCode.Unauthenticated)]
    [InlineData("predict", null, StatusCode.NotFound, StatusCode.PermissionDenied)]
    [InlineData("manage", null, StatusCode.PermissionDenied, StatusCode.NotFound)]
    [InlineData("metrics", StatusCode.PermissionDenied, StatusCode.PermissionDenied, StatusCode.PermissionDenied)]
    public async Task Call_WithAKey_IsWhatItsScopeAllows(
        string key,
        StatusCode? metadata,
        StatusCode infer,
        StatusCode load
    )
    {
        using var calls = new Calls(server, key);

        if (metadata is { } status)
            await Calls.FailsAsync(status, MetadataAsync(calls));
        else
            await MetadataAsync(calls);
        await Calls.FailsAsync(infer, calls.InferAsync(Calls.Tensor("nobody")));
        await Calls.FailsAsync(
            load,
            calls.CallAsync<RepositoryModelLoadRequest, RepositoryModelLoadResponse>(
                "RepositoryModelLoad",
                new() { ModelName = "nobody" }
            )
        );
    }

    [Fact]
    public async Task Call_BeyondTheRate_IsResourceExhaustedAlsoWithinAStream()
    {
        await using var limited = new ApiServer
        {
            Settings = new() { ["ModelService:Limits:RequestsPerMinute"] = "5" },
        };
        using var calls = new Calls(limited);
        using var stream = calls.Stream();
        var errors = new List<string>();
        for (var index = 0; index < 8; index++)
        {
            await stream.RequestStream.WriteAsync(Calls.Tensor("nobody"), TestContext.Current.CancellationToken);
            Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            errors.Add(stream.ResponseStream.Current.ErrorMessage);
        }

        Assert.Equal(3, errors.Count(error => error.StartsWith("Too many requests", StringComparison.Ordinal)));
        var refusal = await Calls.FailsAsync(StatusCode.ResourceExhausted, MetadataAsync(calls));
        Assert.Equal("rate_limited", refusal.Trailers.GetValue("error-code"));
        Assert.True(
            int.Parse(refusal.Trailers.GetValue("grpc-retry-pushback-ms")!, CultureInfo.InvariantCulture)
                is > 0
                    and <= 60_000
        );
    }

    [Fact]
    public async Task ModelInfer_QueueThatIsFull_IsUnavailable()
    {
        await using var small = new ApiServer
        {
            Settings = new()
            {
                ["ModelService:Batching:QueueLimit"] = "1",
                ["ModelService:Batching:MaxBatchSize"] = "1",
            },
        };
        await small.Api.CreateAsync(Networks.Slow("busy"));
        using var calls = new Calls(small);

        var ends = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(async _ =>
                    await Record.ExceptionAsync(() => calls.InferAsync(Calls.Tensor("busy"))) as RpcException
                )
        );

        var refusals = ends.OfType<RpcException>().ToList();
        Assert.NotEmpty(refusals);
        Assert.All(
            refusals,
            refusal =>
            {
                Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
                Assert.Equal("overloaded", refusal.Trailers.GetValue("error-code"));
            }
        );
    }

    private static Task<ServerMetadataResponse> MetadataAsync(Calls calls) =>
        calls.CallAsync<ServerMetadataRequest, ServerMetadataResponse>("ServerMetadata", new());
}
