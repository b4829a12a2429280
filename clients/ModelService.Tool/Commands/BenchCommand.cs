using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ModelService.Client;

namespace ModelService.Tool.Commands;

/// <summary>Measures how many predictions a second the server answers, and how long each takes.</summary>
internal static class BenchCommand
{
    public static Command Create(Connection connection)
    {
        var model = new Argument<string>("model") { Description = "The model's name." };
        var photo = new Argument<FileInfo>("photo") { Description = "The photo to send." }.AcceptExistingOnly();
        var seconds = new Option<int>("--seconds")
        {
            Description = "How long to measure, after a second to warm up.",
            DefaultValueFactory = static _ => 10,
        }.Within(1, 3600);
        var parallel = new Option<int>("--parallel")
        {
            Description = "How many requests are under way at the same time.",
            DefaultValueFactory = static _ => 8,
        }.Within(1, 1024);
        var command = new Command("bench", "Measures the throughput and the latency of predictions.")
        {
            model,
            photo,
            seconds,
            parallel,
        };

        // What is refused counts as such; the client doesn't try again.
        command.SetAction(
            (parsed, cancellation) =>
                connection.RunAsync(
                    parsed,
                    async session =>
                    {
                        var bytes = await File.ReadAllBytesAsync(parsed.GetRequiredValue(photo).FullName, cancellation);
                        var bench = new Bench(session.Client, parsed.GetRequiredValue(model), bytes);
                        var count = parsed.GetValue(parallel);
                        await bench.RunAsync(TimeSpan.FromSeconds(1), count, cancellation);
                        var measured = await bench.RunAsync(
                            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                            count,
                            cancellation
                        );
                        Show(session, measured);
                        return measured.Refusals.IsEmpty ? ExitCode.Done : ExitCode.Failed;
                    },
                    retries: 0
                )
        );
        return command;
    }

    private static void Show(Session session, Measured measured)
    {
        var sorted = measured.Milliseconds.Order().ToList();
        session.Show(
            ["#requests/s", "#requests", "#p50 ms", "#p90 ms", "#p99 ms", "#worst ms"],
            [
                [
                    Text(sorted.Count / measured.Seconds),
                    $"{sorted.Count}",
                    Text(Quantile(sorted, 0.5)),
                    Text(Quantile(sorted, 0.9)),
                    Text(Quantile(sorted, 0.99)),
                    Text(Quantile(sorted, 1)),
                ],
            ]
        );
        if (measured.Refusals.IsEmpty)
            return;
        session.Show(
            ["refusal", "#requests"],
            measured.Refusals.Select(refusal => (string[])[refusal.Key, $"{refusal.Value}"])
        );
    }

    private static double Quantile(List<double> sorted, double share) =>
        sorted.Count == 0 ? double.NaN : sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)];

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private sealed class Bench(ModelServiceClient client, string model, byte[] photo)
    {
        private static readonly PredictOptions Options = new() { TopK = 1, Scores = ScoreKind.None };

        public async Task<Measured> RunAsync(TimeSpan time, int parallel, CancellationToken cancellation)
        {
            var measured = new Measured();
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(
                Enumerable
                    .Range(0, parallel)
                    .Select(async _ =>
                    {
                        while (clock.Elapsed < time)
                            await SendAsync(measured, cancellation);
                    })
            );
            measured.Seconds = clock.Elapsed.TotalSeconds;
            return measured;
        }

        private async Task SendAsync(Measured measured, CancellationToken cancellation)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                await client.PredictAsync(model, Upload.FromBytes(photo), Options, cancellation);
                measured.Milliseconds.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            catch (ModelServiceException exception) when ((int)exception.Status is 429 or 503 or 504)
            {
                measured.Refusals.AddOrUpdate(exception.Code, 1, static (_, count) => count + 1);
            }
        }
    }

    private sealed class Measured
    {
        public ConcurrentBag<double> Milliseconds { get; } = [];

        public ConcurrentDictionary<string, int> Refusals { get; } = new();

        public double Seconds { get; set; }
    }
}
