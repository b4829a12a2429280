using System.Text;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Protection;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Requests;

/// <summary>
/// The memory of bodies: as much as has arrived, within one limit for all requests. The process's counts of memory are
/// read, so nothing runs beside these tests.
/// </summary>
[Collection(nameof(Alone))]
public sealed class BodyMemoryTests : IAsyncDisposable
{
    private const int MiB = 1 << 20;
    private const int Limit = 2 * MiB;

    private readonly ApiServer server = new ApiServer
    {
        Settings = new() { ["ModelService:Limits:MaxBodyMemory"] = $"{Limit}" },
    }.OnSocket();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Announced_ManyLargeBodiesOfOneByte_TakeNoMemory()
    {
        await using var open = new ApiServer().OnSocket();
        var model = await open.Api.EnsureAsync(Networks.Tiny("any"));
        var before = GC.GetTotalMemory(forceFullCollection: false);
        var allocated = GC.GetTotalAllocatedBytes();
        var connections = new List<RawConnection>();
        for (var number = 0; number < 50; number++)
        {
            var connection = await RawConnection.OpenAsync(open.Api.BaseAddress);
            connections.Add(connection);
            await connection.SendAsync(
                $"POST /v1/models/{model}/predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
                    + $"Content-Length: {64 * MiB}\r\n\r\nx"
            );
        }

        (await open.Api.PredictAsync(model, Networks.InputJson())).Ok();

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: false) - before, long.MinValue, 64 * MiB);
        Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, 64 * MiB);
        connections.ForEach(connection => connection.Dispose());
    }

    [Fact]
    public async Task Bodies_MoreThanTheLimitTogether_AreRefusedUntilOthersEnd()
    {
        var model = await server.Api.EnsureAsync(Networks.Tiny("any"));
        using var client = new HttpClient { BaseAddress = server.Api.BaseAddress };
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var stalled = new StallingContent(new byte[(MiB / 2) + 1000], "image/jpeg", 2L * Limit);
        var holding = client.PostAsync(
            new Uri($"/v1/models/{model}/predict", UriKind.Relative),
            stalled,
            leaving.Token
        );
        Task<Answer> Send()
        {
            var content = new ByteArrayContent(new byte[MiB]);
            content.Headers.TryAddWithoutValidation("Content-Type", "image/jpeg");
            return server.Api.PredictAsync(model, content);
        }

        // Otherwise the request that holds memory could be the one that is refused.
        var memory = server.Services.GetRequiredService<BodyMemory>();
        await Eventually.GetAsync(() => Task.FromResult(memory.Taken), taken => taken > MiB / 2);

        var refused = await Eventually.GetAsync(Send, answer => answer.Status == 429);

        refused.Problem(429, "overloaded");
        Assert.Equal("1", refused.RetryAfter);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => holding);
        await Eventually.GetAsync(Send, answer => answer.Status == 422); // zeros are no image
    }

    [Theory]
    [InlineData("tensors", "[]", "/tensors/0")]
    [InlineData("tensors", "{}", "/tensors/0")]
    [InlineData("images", "\"\"", null)]
    [InlineData("images", "7", "/images/0")]
    public async Task Json_OfMillionsOfElements_IsRefusedAtTheFirstWithoutADocument(
        string property,
        string element,
        string? pointer
    )
    {
        await using var open = new ApiServer();
        var model = await open.Api.EnsureAsync(Networks.Tiny("any"));
        var text =
            $"{{\"{property}\":[{string.Join(',', Enumerable.Repeat(element, 16 * MiB / (element.Length + 1)))}]}}";
        var body = Encoding.ASCII.GetBytes(text);
        var allocated = GC.GetTotalAllocatedBytes();

        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        var answer = await open.Api.PredictAsync(model, content);

        answer.Problem(400, "malformed_request", pointer is null ? [] : [pointer]);

        // The buffer that grows takes twice the body, and the client's copy of it once more.
        Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, 5L * body.Length);
    }
}
