using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ModelService.TestSupport;

namespace ModelService.Benchmarks.Load;

/// <summary>
/// Predictions of one client, alone and beside a training on all cores, in turns: the training is cancelled after each
/// of its turns. The ratio of the 99th percentiles says what a training costs those who predict.
/// </summary>
internal static class BesideTrainingBenchmark
{
    private const int Rounds = 3;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(8); // of the child process, up to its first steps

    public static async Task RunAsync(string network)
    {
        await using var server = await MeasuredServer.StartAsync();
        await server.CreateAsync("model", network);
        await UploadAsync(server.Http);
        await Traffic.ClosedAsync(1, TimeSpan.FromSeconds(3), Predict);
        Console.WriteLine("                  p50 ms   p99 ms");
        var (alone, beside) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            alone.Add(await MeasureAsync("alone"));
            var training = await TrainAsync(server.Http, network);
            await Task.Delay(Start);
            beside.Add(await MeasureAsync("beside training"));
            (await server.Http.PostAsync($"/v1/trainings/{training}/cancel", null)).EnsureSuccessStatusCode();
        }

        var ratio = Median(beside) / Median(alone);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"p99 beside / alone: {ratio:f2}"));

        Task<HttpResponseMessage> Predict(int number) => Photos.PostAsync(server.Http, "model", number);

        async Task<double> MeasureAsync(string name)
        {
            var predictions = await Traffic.ClosedAsync(1, Turn, Predict);
            var (middle, high) = (predictions.Percentile(0.5), predictions.Percentile(0.99));
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name, -16}{middle, 8:f1}{high, 9:f1}   {predictions.Statuses}"
                )
            );
            return high;
        }
    }

    private static async Task UploadAsync(HttpClient http)
    {
        using var zip = new ByteArrayContent(Fixtures.Bytes("digits.zip"));
        zip.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        (await http.PostAsync("/v1/datasets/digits/images", zip)).EnsureSuccessStatusCode();
    }

    private static async Task<string> TrainAsync(HttpClient http, string network)
    {
        var request = new
        {
            dataset = "digits",
            method = "scratch",
            budget = new { seconds = 600 },
            from = new { @base = network, pretrained = false },
        };
        using var answer = await http.PostAsJsonAsync("/v1/models/trained/trainings", request);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
