using System.Net.Sockets;
using System.Text;
using ModelService.Api.Requests;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Weights;

/// <summary>Large uploads, uploads that break off, and what a killed server left.</summary>
[Collection(nameof(WeightsAlone))]
public sealed class StreamedUploadTests
{
    private const long MostGrowth = 64 << 20;
    private const int LargeBytes = 300 << 20;

    // In a process of its own, where nothing is but what the upload takes.
    [Measured]
    [Fact]
    public async Task Check_LargeFile_TakesNoMemory()
    {
        using var data = new TemporaryFolder();
        var staging = Path.Combine(data.Path, "staging");
        using var server = await ServerProcess.StartAsync(data.Path, $"--ModelService:Storage:Staging={staging}");
        await server.Api.CreateAsync(WeightsServer.Definition("large", WeightsServer.LessonArchitecture));
        using var lesson = new ByteArrayContent(
            await File.ReadAllBytesAsync(
                WeightsServer.File("lesson", "lesson.pth"),
                TestContext.Current.CancellationToken
            )
        );
        (await server.Api.PostAsync("/v1/models/large/weights/check", lesson)).Ok();
        using var body = new ZeroWeights(LargeBytes) { Watched = server };

        var report = (await server.Api.PostAsync("/v1/models/large/weights/check", body)).Ok();

        Assert.Equal(LargeBytes, report.GetProperty("sizes").GetProperty("file_bytes").GetInt64());
        Assert.Equal(["zeros"], report.Strings("unexpected"));
        Assert.InRange(body.PeakGrowth, 0, MostGrowth);
        Assert.Empty(Directory.GetFileSystemEntries(staging));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Upload_BeyondTheLimit_IsRefused(bool saysItsLength)
    {
        await using var server = new WeightsServer
        {
            Settings = new() { ["ModelService:Limits:MaxWeightsBytes"] = "1000000" },
        };
        await server.CreateAsync(WeightsServer.Definition("small", WeightsServer.LessonArchitecture));
        foreach (
            var (method, path) in new[] { (HttpMethod.Put, "versions/1/weights"), (HttpMethod.Post, "weights/check") }
        )
        {
            using var body = new ZeroWeights(2_000_000) { SaysItsLength = saysItsLength };
            (await server.SendAsync(method, $"/v1/models/small/{path}", body)).Problem(413, "body_too_large");
        }

        Assert.Empty(server.StagedFiles);
        (await server.PutAsync("small", WeightsServer.File("lesson", "lesson.pth"))).Ok();
    }

    [Theory]
    [InlineData("PUT /v1/models/there/versions/1/weights", "application/octet-stream")]
    [InlineData("POST /v1/models", "multipart/form-data; boundary=x")]
    [InlineData("POST /v1/models/there/versions", "multipart/form-data; boundary=x")]
    public async Task Upload_ThatSaysItIsTooLarge_IsRefusedBeforeItComes(string request, string contentType)
    {
        await using var server = new WeightsServer();
        await server.CreateAsync(WeightsServer.Definition("there", WeightsServer.LessonArchitecture));
        var uri = server.Client.BaseAddress!;
        using var socket = new TcpClient();
        await socket.ConnectAsync(uri.Host, uri.Port, TestContext.Current.CancellationToken);
        var head =
            $"{request} HTTP/1.1\r\nHost: x\r\nContent-Type: {contentType}\r\nContent-Length: 9663676416\r\n\r\n";
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);

        using var reader = new StreamReader(socket.GetStream());
        var status = await reader.ReadLineAsync(TestContext.Current.CancellationToken);

        Assert.Equal("HTTP/1.1 413 Payload Too Large", status);
    }

    [Theory]
    [InlineData("PUT /v1/models/there/versions/1/weights", "")]
    [InlineData("POST /v1/models/there/weights/check", "")]
    [InlineData("POST /v1/models", "--x\r\nContent-Disposition: form-data; name=\"weights\"; filename=\"w\"\r\n\r\n")]
    public async Task Upload_ThatBreaksOff_LeavesNothing(string request, string beginning)
    {
        await using var server = new WeightsServer();
        await server.CreateAsync(WeightsServer.Definition("there", WeightsServer.LessonArchitecture));
        using var watcher = new FileSystemWatcher(server.Staging) { EnableRaisingEvents = true };
        var (staged, gone) = (new TaskCompletionSource(), new TaskCompletionSource());
        watcher.Created += (_, _) => staged.TrySetResult();
        watcher.Deleted += (_, _) => gone.TrySetResult();
        var uri = server.Client.BaseAddress!;
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(uri.Host, uri.Port, TestContext.Current.CancellationToken);
            var head =
                $"{request} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
                + $"Content-Length: 10000000\r\n\r\n{beginning}";
            if (beginning.Length == 0)
            {
                head = head.Replace(
                    "multipart/form-data; boundary=x",
                    "application/octet-stream",
                    StringComparison.Ordinal
                );
            }

            await socket
                .GetStream()
                .WriteAsync(
                    Encoding.ASCII.GetBytes(head + new string('w', 1_000_000)),
                    TestContext.Current.CancellationToken
                );
            await staged.Task.WaitAsync(TestContext.Current.CancellationToken);
        }

        await gone.Task.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Empty(server.StagedFiles);
        Assert.Equal("random", (await server.GetAsync("/v1/models/there")).Ok().GetProperty("weights").GetString());
    }

    [Fact]
    public async Task Start_FilesOfAKilledServer_AreRemovedAndThoseInUseAreNot()
    {
        await using var server = new WeightsServer();
        await server.CreateAsync(WeightsServer.Definition("there", WeightsServer.LessonArchitecture));
        await File.WriteAllTextAsync(
            Path.Combine(server.Staging, "left.staged"),
            "left",
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync(
            Path.Combine(server.Staging, "foreign.txt"),
            "not ours",
            TestContext.Current.CancellationToken
        );
        var folder = (Models.Storage.StagingFolder)server.Services.GetService(typeof(Models.Storage.StagingFolder))!;
        using var inUse = await StagedFile.WriteAsync(
            new MemoryStream([1, 2, 3]),
            folder,
            maxBytes: 3,
            TestContext.Current.CancellationToken
        );

        await using var second = new WeightsServer
        {
            Settings = new() { ["ModelService:Storage:Staging"] = server.Staging },
        };
        (await second.GetAsync("/v1/models")).Ok();

        Assert.Equal(
            new[] { inUse.Upload.File.Name, Path.Combine(server.Staging, "foreign.txt") }.Order(),
            server.StagedFiles.Order()
        );
        Assert.Equal("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81", inUse.Upload.Sha256);
    }

    /// <summary>
    /// A safetensors file of one tensor of zeros, made while it is sent. It watches the server's memory meanwhile.
    /// </summary>
    private sealed class ZeroWeights : HttpContent
    {
        private readonly long length;
        private readonly byte[] header;

        public ZeroWeights(long length)
        {
            this.length = length;
            var data = (length - 128) / 4 * 4;
            var json =
                $$$"""{"zeros":{"dtype":"F32","shape":[{{{data / 4}}}],"data_offsets":[0,{{{data}}}]}}""".PadRight(
                    (int)(length - 8 - data)
                );
            header = [.. BitConverter.GetBytes((ulong)json.Length), .. Encoding.UTF8.GetBytes(json)];
        }

        public bool SaysItsLength { get; init; } = true;

        public ServerProcess? Watched { get; init; }

        public long PeakGrowth { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            var (before, zeros) = (Watched?.ResidentBytes ?? 0, new byte[1 << 16]);
            await stream.WriteAsync(header);
            for (var left = length - header.Length; left > 0; left -= zeros.Length)
            {
                await stream.WriteAsync(zeros.AsMemory(0, (int)Math.Min(left, zeros.Length)));
                PeakGrowth = Math.Max(PeakGrowth, (Watched?.ResidentBytes ?? 0) - before);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = this.length;
            return SaysItsLength;
        }
    }
}
