using System.Diagnostics;
using System.Net;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Protection;

/// <summary>
/// Floods of HTTP/2 frames without content. Kestrel does not limit their rate, so each connection can cost a core;
/// SECURITY.md says what follows for operators. What is bounded is the time of those that belong to a request, and the
/// memory of all.
/// </summary>
[Measured]
public sealed class Http2FloodTests
{
    private const int FramesAtOnce = 4000;

    // Kestrel checks its limits once a second, and the rate of a body after 5 seconds.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Connect_Http2WithoutTls_IsNotSpoken()
    {
        using var data = new TemporaryFolder();
        using var server = await ServerProcess.StartAsync(data.Path);
        using var connection = await RawConnection.OpenAsync(server.Api.BaseAddress);

        await connection.SendAsync(Http2Frames.Beginning);

        // All of it is one GOAWAY frame with HTTP_1_1_REQUIRED.
        Assert.Equal("\0\0\u0008\u0007\0\0\0\0\0\0\0\0\0\0\0\0\u000D", await connection.ReadToEndAsync());
    }

    [Theory]
    [InlineData(Http2Frames.Continuation)]
    [InlineData(Http2Frames.Data)]
    public async Task Send_EmptyFramesOfARequest_EndWithItsTimeLimit(byte type)
    {
        await using var server = new AttackedServer
        {
            Version = HttpVersion.Version20,
            Settings = ["ModelService:Limits:HeadersTimeout=00:00:01"],
        };
        await server.InitializeAsync();
        var time = Stopwatch.StartNew();

        await FloodAsync(server, type, Longest);

        Assert.InRange(time.Elapsed, TimeSpan.Zero, Longest / 2);
        await server.AssertItServesAsync();
    }

    [Theory]
    [InlineData(Http2Frames.Continuation)]
    [InlineData(Http2Frames.Data)]
    [InlineData(Http2Frames.Priority)]
    [InlineData(Http2Frames.WindowUpdate)]
    [InlineData(Http2Frames.Ping)]
    [InlineData(Http2Frames.Settings)]
    public async Task Send_EmptyFrames_LeaveRoomForOthersAndNoMemory(byte type)
    {
        await using var server = new AttackedServer { Version = HttpVersion.Version20 };
        await server.InitializeAsync();

        await server.UnharmedAsync(async () =>
        {
            var flood = FloodAsync(server, type, TimeSpan.FromSeconds(1));
            do await server.AssertItServesAsync();
            while (!flood.IsCompleted);
            await flood;
        });
    }

    // Sends the frame again and again, until the server closes the connection or the time is over.
    private static async Task FloodAsync(AttackedServer server, byte type, TimeSpan longest)
    {
        var (begin, frame) = Http2Frames.Flood(type, "predict");
        byte[] frames = [.. Enumerable.Repeat(frame, FramesAtOnce).SelectMany(static bytes => bytes)];
        using var connection = await RawConnection.OpenAsync(server.Address);
        var closed = connection.ReadToEndAsync();
        await connection.SendAsync(begin);
        var time = Stopwatch.StartNew();
        while (!closed.IsCompleted && time.Elapsed < longest)
        {
            if (await Record.ExceptionAsync(() => connection.SendAsync(frames)) is not null)
                break;
        }
    }
}
