using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ModelService.Models.Tensors;

namespace ModelService.Benchmarks.Load;

/// <summary>
/// What a tensor of [8, 3, 224, 224] costs by its encoding: the Open Inference Protocol's binary data and JSON, and the
/// native API's JSON. One client sends request after request.
/// </summary>
internal static class InferBenchmark
{
    private const int Batch = 8,
        Side = 224,
        Rounds = 5;

    private static readonly float[] Numbers = CreateNumbers();

    public static async Task RunAsync()
    {
        await using var server = await MeasuredServer.StartAsync();
        await server.CreateAsync(
            new
            {
                name = "light",
                seed = 1,
                architecture = new
                {
                    input = new
                    {
                        channels = 3,
                        height = Side,
                        width = Side,
                    },
                    layers = new object[]
                    {
                        new { type = "adaptive_avg_pool2d", output_size = 1 },
                        new { type = "flatten" },
                        new { type = "linear", out_features = 4 },
                    },
                },
            }
        );
        var json =
            $"[{string.Join(',', Numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture)))}]";
        var bytes = MemoryMarshal.AsBytes(Numbers.AsSpan()).ToArray();
        Console.WriteLine(
            $"{bytes.Length / 1e6:f1} MB as binary data, {json.Length / 1e6:f1} MB as JSON; parsing the JSON alone "
                + $"takes {Parse(json):f1} ms"
        );
        var header = Encoding.UTF8.GetBytes(
            $$$"""
            {"inputs":[{"name":"input","shape":[{{{Batch}}},3,{{{Side}}},{{{Side}}}],"datatype":"FP32",
            "parameters":{"binary_data_size":{{{bytes.Length}}}}}],"parameters":{"binary_data_output":true}}
            """
        );
        await MeasureAsync(server, "v2, binary data", 40, () => Binary(header, bytes));
        await MeasureAsync(
            server,
            "v2, JSON",
            10,
            () =>
                Json(
                    "/v2/models/light/infer",
                    $$"""
                    {"inputs":[{"name":"input","shape":[{{Batch}},3,{{Side}},{{Side}}],"datatype":"FP32",
                                "data":{{json}}}]}
                    """
                )
        );
        var single = json[1..^1].Split(',').Chunk(3 * Side * Side).Select(item => string.Join(',', item));
        var tensors = string.Join(
            ',',
            single.Select(item => $$"""{"shape":[3,{{Side}},{{Side}}],"data":[{{item}}]}""")
        );
        await MeasureAsync(
            server,
            "v1, JSON",
            10,
            () => Json("/v1/models/light/predict", $$"""{"tensors":[{{tensors}}]}""")
        );
    }

    private static async Task MeasureAsync(
        MeasuredServer server,
        string name,
        int requests,
        Func<HttpRequestMessage> create
    )
    {
        await SendAsync(server, create());
        var rounds = new List<(double Milliseconds, double Cpu, double Allocated)>();
        for (var round = 0; round < Rounds; round++)
        {
            var before = await server.UsageAsync();
            var time = Stopwatch.StartNew();
            for (var index = 0; index < requests; index++)
                await SendAsync(server, create());
            var milliseconds = time.Elapsed.TotalMilliseconds;
            var after = await server.UsageAsync();
            rounds.Add(
                (
                    milliseconds / requests,
                    (after.CpuSeconds - before.CpuSeconds) * 1000 / requests,
                    (after.Allocated - before.Allocated) / requests
                )
            );
        }

        Console.WriteLine(
            $"{name}: {Median(round => round.Milliseconds):f1} ms a request, {Median(round => round.Cpu):f1} ms of the "
                + $"processor, {Median(round => round.Allocated) / 1e6:f1} MB allocated"
        );

        double Median(Func<(double Milliseconds, double Cpu, double Allocated), double> get) =>
            rounds.Select(get).Order().ElementAt(Rounds / 2);
    }

    private static HttpRequestMessage Binary(byte[] header, byte[] bytes)
    {
        var content = new ByteArrayContent([.. header, .. bytes]);
        content.Headers.Add("Inference-Header-Content-Length", header.Length.ToString(CultureInfo.InvariantCulture));
        content.Headers.Add("Content-Type", "application/octet-stream");
        return new HttpRequestMessage(HttpMethod.Post, "/v2/models/light/infer") { Content = content };
    }

    private static HttpRequestMessage Json(string path, string json) =>
        new(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    private static async Task SendAsync(MeasuredServer server, HttpRequestMessage request)
    {
        using (request)
        {
            using var answer = await server.Http.SendAsync(request);
            if (!answer.IsSuccessStatusCode)
                throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
            await answer.Content.ReadAsByteArrayAsync();
        }
    }

    private static double Parse(string json)
    {
        var text = Encoding.ASCII.GetBytes($"{{\"shape\":[{Numbers.Length}],\"data\":{json}}}");
        var rounds = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var time = Stopwatch.StartNew();
            var reader = new Utf8JsonReader(text);
            reader.Read();
            _ =
                TensorJson.Read(ref reader, text.Length, "", out var error)
                ?? throw new InvalidOperationException(error!.Detail);
            rounds.Add(time.Elapsed.TotalMilliseconds);
        }

        return rounds.Order().ElementAt(Rounds / 2);
    }

    private static float[] CreateNumbers()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, Batch * 3 * Side * Side).Select(_ => random.NextSingle())];
    }
}
