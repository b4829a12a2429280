using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace ModelService.Benchmarks.Load;

/// <summary>
/// Predictions of one client, alone and beside an attack on the memory: connections that announce large bodies and send
/// a byte a second, and JSON bodies of the worst kinds. The server's heap has a limit of 3 GiB.
/// </summary>
internal static class FloodBenchmark
{
    private const int Connections = 100;
    private const int Announced = 64 << 20;
    private const int WorstBodies = 10;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(20);

    public static async Task RunAsync()
    {
        Environment.SetEnvironmentVariable("DOTNET_GCHeapHardLimit", "0xC0000000");
        await using var server = await MeasuredServer.StartAsync("Limits:MaxPredictBytes=70000000");
        await server.CreateAsync("model", "mobilenet_v2");
        await Traffic.ClosedAsync(1, TimeSpan.FromSeconds(3), number => Photos.PostAsync(server.Http, "model", number));
        Console.WriteLine("                      p50 ms   p99 ms   MiB at the end   at the most");
        await MeasureAsync(server, "quiet");

        using (var over = new CancellationTokenSource())
        {
            var slow = Enumerable.Range(0, Connections).Select(_ => TrickleAsync(server, over.Token)).ToList();
            await Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None);
            await MeasureAsync(server, $"{Connections} slow connections");
            var json = Enumerable.Range(0, WorstBodies).Select(number => PostWorstAsync(server, number)).ToList();
            await MeasureAsync(server, $"and {WorstBodies} of JSON");
            Console.WriteLine($"  the JSON: {new Outcome(await Task.WhenAll(json), TimeSpan.Zero).Statuses}");
            await over.CancelAsync();
            await Task.WhenAll(slow);
        }

        await Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None);
        await MeasureAsync(server, "quiet again");
    }

    private static async Task MeasureAsync(MeasuredServer server, string name)
    {
        using var over = new CancellationTokenSource();
        var most = MostAsync();
        var predictions = await Traffic.ClosedAsync(1, Round, number => Photos.PostAsync(server.Http, "model", number));
        var end = server.ResidentBytes;
        await over.CancelAsync();
        var highest = await most;
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name, -20}{predictions.Percentile(0.5), 8:f1}{predictions.Percentile(0.99), 9:f1}{end >> 20, 17}"
                    + $"{highest >> 20, 14}   {predictions.Statuses}"
            )
        );

        async Task<long> MostAsync()
        {
            var seen = 0L;
            while (!over.IsCancellationRequested)
            {
                seen = Math.Max(seen, server.ResidentBytes);
                await Task.Delay(20, CancellationToken.None);
            }

            return seen;
        }
    }

    // Begins anew when the server closes the connection.
    private static async Task TrickleAsync(MeasuredServer server, CancellationToken over)
    {
        var address = server.Http.BaseAddress!;
        var head = Encoding.ASCII.GetBytes(
            $"POST /v1/models/model/predict HTTP/1.1\r\nHost: {address.Authority}\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {Announced}\r\n\r\n"
        );
        while (!over.IsCancellationRequested)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(address.Host, address.Port, over);
                await client.GetStream().WriteAsync(head, over);
                while (true)
                {
                    await client.GetStream().WriteAsync("{"u8.ToArray(), over);
                    await Task.Delay(TimeSpan.FromSeconds(1), over);
                }
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                // The server ends slow requests; the attack goes on.
            }
        }
    }

    private static Task<Sample> PostWorstAsync(MeasuredServer server, int number)
    {
        var (start, repeated) = (number % 4) switch
        {
            0 => ("{\"tensors\":[", "[],"),
            1 => ("{\"tensors\":[", "[[[[[[[[[["),
            2 => ("{\"images\":[", "\"\","),
            _ => ("{\"tensors\":[[", "0.12345678901234567890e-05,"),
        };
        var body = new byte[Announced - 1];
        Encoding.ASCII.GetBytes(start, body);
        var unit = Encoding.ASCII.GetBytes(repeated);
        for (var at = start.Length; at < body.Length; at++)
            body[at] = unit[(at - start.Length) % unit.Length];
        return Task.Run(() =>
            Traffic.OneAsync(
                _ =>
                {
                    var content = new ByteArrayContent(body);
                    content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                    return server.Http.PostAsync("/v1/models/model/predict", content);
                },
                number
            )
        );
    }
}
