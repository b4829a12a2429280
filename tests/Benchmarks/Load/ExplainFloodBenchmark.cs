using System.Globalization;
using System.Net.Http.Headers;
using ModelService.TestSupport;

namespace ModelService.Benchmarks.Load;

/// <summary>Predictions of one client, alone and beside clients that ask for explanations without a pause.</summary>
internal static class ExplainFloodBenchmark
{
    private const int Clients = 8;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(10);
    private static readonly byte[] Photo = Fixtures.Bytes("photos", "chelsea.jpg");

    public static async Task RunAsync()
    {
        await using var server = await MeasuredServer.StartAsync();
        await server.CreateAsync("model", "resnet18");
        await Traffic.ClosedAsync(1, TimeSpan.FromSeconds(3), number => Photos.PostAsync(server.Http, "model", number));
        Console.WriteLine("                                     p50 ms   p99 ms");
        foreach (var method in new[] { "grad_cam", "grad_cam&layer=layer3", "integrated_gradients", "occlusion" })
        {
            for (var round = 0; round < 2; round++)
            {
                await MeasureAsync(server, "alone");
                using var over = new CancellationTokenSource();
                var flood = Enumerable.Range(0, Clients).Select(_ => FloodAsync(server, method, over.Token)).ToList();
                await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
                await MeasureAsync(server, method);
                await over.CancelAsync();
                Console.WriteLine($"  explanations: {(await Task.WhenAll(flood)).Sum()}");
            }
        }
    }

    private static async Task MeasureAsync(MeasuredServer server, string name)
    {
        var predictions = await Traffic.ClosedAsync(1, Round, number => Photos.PostAsync(server.Http, "model", number));
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name, -34}{predictions.Percentile(0.5), 9:f1}{predictions.Percentile(0.99), 9:f1}   {predictions.Statuses}"
            )
        );
    }

    private static async Task<int> FloodAsync(MeasuredServer server, string method, CancellationToken over)
    {
        var done = 0;
        try
        {
            while (!over.IsCancellationRequested)
            {
                using var content = new ByteArrayContent(Photo);
                content.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
                using var answer = await server.Http.PostAsync(
                    $"/v1/models/model/explain?method={method}",
                    content,
                    over
                );
                answer.EnsureSuccessStatusCode();
                done++;
            }
        }
        catch (OperationCanceledException) { }

        return done;
    }
}
