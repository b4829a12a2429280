using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace ModelService.Benchmarks.Load;

/// <summary>
/// Predictions and loads, alone and beside everything that is slow: an upload of 2 GB, a download that is read slowly,
/// and a network that hangs in its probe.
/// </summary>
internal static class LanesBenchmark
{
    private const int Loads = 20;
    private const long UploadBytes = 2L << 30;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(15);

    public static async Task RunAsync()
    {
        await using var server = await MeasuredServer.StartAsync(
            "Limits:MaxWeightsBytes=4000000000",
            "Compute:TrialTimeout=00:10:00"
        );
        await server.CreateAsync("model", "mobilenet_v2");
        await server.CreateAsync("evicted", "resnet18");
        await server.CreateAsync("large", "resnet50");
        await Traffic.ClosedAsync(1, TimeSpan.FromSeconds(3), number => Photos.PostAsync(server.Http, "model", number));
        Console.WriteLine("              predictions: p50 ms   p99 ms     loads: p50 ms   max ms");
        await MeasureAsync(server, "quiet");
        using var over = new CancellationTokenSource();
        Task[] slow =
        [
            UploadAsync(server, over.Token),
            DownloadAsync(server, over.Token),
            HangAsync(server, over.Token),
        ];
        await Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None);
        Console.WriteLine($"  slow requests under way: {slow.Count(task => !task.IsCompleted)} of {slow.Length}");
        await MeasureAsync(server, "busy");
        Console.WriteLine($"  slow requests under way: {slow.Count(task => !task.IsCompleted)} of {slow.Length}");
        await over.CancelAsync();
        await Task.WhenAll(slow);
        await Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None);
        await MeasureAsync(server, "quiet again");
    }

    private static async Task MeasureAsync(MeasuredServer server, string name)
    {
        var predictions = await Traffic.ClosedAsync(1, Round, number => Photos.PostAsync(server.Http, "model", number));
        var loads = new List<Sample>();
        for (var load = 0; load < Loads; load++)
        {
            using var unloaded = await server.Http.PostAsync("/v1/models/evicted/versions/1/unload", null);
            unloaded.EnsureSuccessStatusCode();
            loads.Add(
                await Traffic.OneAsync(_ => server.Http.PostAsync("/v1/models/evicted/versions/1/load", null), load)
            );
        }

        var loading = new Outcome(loads, TimeSpan.Zero);
        Console.WriteLine(
            $"{name, -24}{predictions.Percentile(0.5), 10:f1}{predictions.Percentile(0.99), 9:f1}"
                + $"{loading.Percentile(0.5), 18:f0}{loading.Percentile(1), 9:f0}   {predictions.Statuses}; "
                + $"{loading.Statuses}"
        );
    }

    // As fast as a home's line: the whole file takes minutes.
    private static Task UploadAsync(MeasuredServer server, CancellationToken over) =>
        UntilOverAsync(async () =>
        {
            using var content = new StreamContent(new SlowStream(UploadBytes, bytesPerSecond: 10 << 20));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            content.Headers.ContentLength = UploadBytes;
            using var answer = await server.Http.PostAsync("/v1/models/model/weights/check", content, over);
        });

    private static Task DownloadAsync(MeasuredServer server, CancellationToken over) =>
        UntilOverAsync(async () =>
        {
            using var answer = await server.Http.GetAsync(
                "/v1/models/evicted/versions/1/weights",
                HttpCompletionOption.ResponseHeadersRead,
                over
            );
            await using var body = await answer.Content.ReadAsStreamAsync(over);
            var buffer = new byte[16 << 10];
            while (await body.ReadAsync(buffer, over) > 0)
                await Task.Delay(100, over);
        });

    // A definition of 200 bytes whose batches take minutes.
    private static Task HangAsync(MeasuredServer server, CancellationToken over) =>
        UntilOverAsync(async () =>
        {
            using var answer = await server.Http.PostAsJsonAsync(
                "/v1/models",
                new
                {
                    name = "hangs",
                    architecture = new
                    {
                        input = new
                        {
                            channels = 3,
                            height = 512,
                            width = 512,
                        },
                        layers = new object[]
                        {
                            new
                            {
                                type = "conv2d",
                                out_channels = 1024,
                                kernel_size = 31,
                                padding = 15,
                            },
                            new { type = "adaptive_avg_pool2d", output_size = 1 },
                            new { type = "flatten" },
                            new { type = "linear", out_features = 2 },
                        },
                    },
                },
                over
            );
            Console.WriteLine($"  the network that hangs: {(int)answer.StatusCode}");
        });

    private static async Task UntilOverAsync(Func<Task> request)
    {
        try
        {
            await request();
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>Bytes that come slowly.</summary>
    private sealed class SlowStream(long length, int bytesPerSecond) : Stream
    {
        private long position;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position
        {
            get => position;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            var count = (int)Math.Min(Math.Min(buffer.Length, bytesPerSecond / 10), length - position);
            await Task.Delay(TimeSpan.FromSeconds((double)count / bytesPerSecond), cancellationToken);
            buffer.Span[..count].Clear();
            position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
