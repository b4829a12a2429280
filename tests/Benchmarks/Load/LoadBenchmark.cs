using System.Net.Http.Json;
using System.Text.Json;
using ModelService.TestSupport;

namespace ModelService.Benchmarks.Load;

/// <summary>
/// The whole server under load, over HTTP, as its clients see it. Client and server share the machine.
/// </summary>
internal static class LoadBenchmark
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Requests per second, latency and what the server spends on a request, by the number of clients.
    /// </summary>
    public static async Task ClientsAsync(string network, string precision)
    {
        await using var server = await MeasuredServer.StartAsync();
        object definition =
            network == "lesson"
                ? new
                {
                    name = "model",
                    architecture = Lesson(),
                    seed = 1,
                }
                : new
                {
                    name = "model",
                    @base = network,
                    num_classes = 7,
                    seed = 1,
                    precision,
                };
        await server.CreateAsync(definition);
        Task<HttpResponseMessage> Send(int number) => Photos.PostAsync(server.Http, "model", number);
        await Traffic.ClosedAsync(8, TimeSpan.FromSeconds(3), Send);
        Console.WriteLine(
            $"{network} {precision}: clients  requests/s   p50 ms   p99 ms  CPU ms/request  KB allocated/request "
                + "but for the photo  MiB resident  answers"
        );
        int[] clients = [1, 2, 4, 8, 16, 32];
        var runs = clients.ToDictionary(count => count, _ => new List<(Outcome Outcome, Cost Cost)>());
        for (var round = 0; round < 3; round++)
        {
            foreach (var count in clients)
                runs[count].Add(await server.MeasureAsync(() => Traffic.ClosedAsync(count, Round, Send)));
        }

        foreach (var (count, rounds) in runs)
        {
            var (outcome, cost) = rounds.OrderBy(run => run.Outcome.PerSecond).ElementAt(rounds.Count / 2);
            Console.WriteLine(
                $"{"", -20}{count, 8}{outcome.PerSecond, 12:f1}{outcome.Percentile(0.5), 9:f1}"
                    + $"{outcome.Percentile(0.99), 9:f1}"
                    + $"{1000 * cost.CpuSeconds / outcome.Samples.Count, 16:f1}"
                    + $"{((cost.Allocated / outcome.Samples.Count) - Photos.MeanBytes) / 1024, 40:f1}"
                    + $"{cost.Resident / (1 << 20), 14:f0}  {outcome.Statuses}"
            );
        }
    }

    /// <summary>
    /// The cost of batching for a single caller, by several pairs of servers: two processes of the same kind differ by
    /// more than that.
    /// </summary>
    public static async Task AloneAsync(string network)
    {
        var ratios = new List<double>();
        for (var pair = 0; pair < 7; pair++)
        {
            await using var batching = await MeasuredServer.StartAsync();
            await using var single = await MeasuredServer.StartAsync("Batching:MaxBatchSize=1");
            var latencies = new[] { batching, single }
                .Select(server => (Server: server, Rounds: new List<double>()))
                .ToList();
            foreach (var (server, _) in latencies)
            {
                await server.CreateAsync("model", network);
            }

            for (var round = -1; round < 5; round++)
            {
                foreach (var (server, rounds) in latencies)
                {
                    var outcome = await Traffic.ClosedAsync(
                        1,
                        TimeSpan.FromSeconds(3),
                        number => Photos.PostAsync(server.Http, "model", number)
                    );
                    if (round >= 0)
                        rounds.Add(outcome.Percentile(0.5));
                }
            }

            var (with, without) = (Median(latencies[0].Rounds), Median(latencies[1].Rounds));
            ratios.Add(with / without);
            Console.WriteLine(
                $"{network}, one client: p50 {with:f2} ms with batches, {without:f2} ms without; ratio {ratios[^1]:f3}"
            );
        }

        Console.WriteLine($"{network}: median ratio {Median(ratios):f3}");
    }

    /// <summary>Whether the first requests to a new model are as fast as later ones.</summary>
    public static async Task FirstAsync(string network)
    {
        await using var server = await MeasuredServer.StartAsync();

        // What the first request ever costs .NET is another matter than what a new model's costs.
        await server.CreateAsync(
            new
            {
                name = "other",
                architecture = Lesson(),
                seed = 1,
            }
        );
        await Traffic.ClosedAsync(1, TimeSpan.FromSeconds(3), number => Photos.PostAsync(server.Http, "other", number));
        var ratios = new List<double>();
        for (var model = 1; model <= 5; model++)
        {
            var name = $"model-{model}";
            await server.CreateAsync(
                new
                {
                    name,
                    @base = network,
                    num_classes = 7,
                    seed = model,
                }
            );
            var samples = new List<Sample>();
            for (var number = 0; number < 300; number++)
                samples.Add(await Traffic.OneAsync(turn => Photos.PostAsync(server.Http, name, turn), number));
            var (first, later) = (
                new Outcome(samples[..100], TimeSpan.Zero),
                new Outcome(samples[200..], TimeSpan.Zero)
            );
            ratios.Add(first.Percentile(0.99) / later.Percentile(0.99));
            Console.WriteLine(
                $"{network}, model {model}: p99 of requests 1 to 100: {first.Percentile(0.99):f1} ms, the very "
                    + $"first {samples[0].Milliseconds:f1} ms; of 201 to 300: {later.Percentile(0.99):f1} ms; ratio "
                    + $"{ratios[^1]:f2}"
            );
            using var deleted = await server.Http.DeleteAsync($"/v1/models/{name}");
        }

        Console.WriteLine($"{network}: median ratio {Median(ratios):f2}");
    }

    /// <summary>
    /// Five times as many requests as the server can answer, three times, each between two measurements of what it can
    /// answer.
    /// </summary>
    public static async Task OverloadAsync(string network, TimeSpan duration)
    {
        var deadline = TimeSpan.FromSeconds(2);
        await using var server = await MeasuredServer.StartAsync();
        await server.CreateAsync("model", network);
        Task<HttpResponseMessage> Send(int number) => Photos.PostAsync(server.Http, "model", number, deadline);
        Task<Outcome> Peak() => Traffic.ClosedAsync(8, Round, Send);
        await Peak();
        var before = await Peak();
        Console.WriteLine(
            $"{network}: {before.PerSecond:f1} requests/s at most (p50 {before.Percentile(0.5):f0} ms); deadline "
                + $"{deadline.TotalMilliseconds:f0} ms"
        );
        var ratios = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            var (flood, cost) = await server.MeasureAsync(() =>
                Traffic.OpenAsync(5 * before.PerSecond, duration, Send)
            );
            await Task.Delay(TimeSpan.FromSeconds(2));
            var after = await Peak();
            ratios.Add(flood.PerSecond / ((before.PerSecond + after.PerSecond) / 2));
            Console.WriteLine(
                $"  {5 * before.PerSecond:f0}/s offered for {duration.TotalSeconds:f0} s: answered "
                    + $"{flood.PerSecond:f1}/s ({ratios[^1]:p0} of what it is before and after), p50 "
                    + $"{flood.Percentile(0.5):f0} ms, p99 {flood.Percentile(0.99):f0} ms; answers {flood.Statuses}"
            );
            Console.WriteLine(
                $"    cores used: server {cost.CpuSeconds / flood.Duration.TotalSeconds:f2}, client "
                    + $"{cost.ClientCpuSeconds / flood.Duration.TotalSeconds:f2}, of {Environment.ProcessorCount}; "
                    + $"resident {cost.ResidentBefore / (1 << 20):f0} -> {cost.Resident / (1 << 20):f0} MiB"
            );
            Console.WriteLine(
                $"    2 s after it {after.PerSecond:f1}/s, p50 {after.Percentile(0.5):f0} ms; answers {after.Statuses}"
            );
            before = after;
        }

        Console.WriteLine($"  median {Median(ratios):p0}");
    }

    /// <summary>
    /// The processor time that it costs to refuse a photo. Nothing is computed meanwhile: the one request that may wait
    /// waits for others to join its batch.
    /// </summary>
    public static async Task RefuseAsync()
    {
        await using var server = await MeasuredServer.StartAsync("Batching:QueueLimit=1", "Batching:MaxDelay=00:00:10");
        await server.CreateAsync("model", "squeezenet1_1");
        Task<HttpResponseMessage> Send(int number) => Photos.PostAsync(server.Http, "model", number);
        foreach (var clients in new[] { 8, 1, 8, 1, 8 })
        {
            var waiting = Send(0);
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            var (outcome, cost) = await server.MeasureAsync(() => Traffic.ClosedAsync(clients, Round, Send));
            Console.WriteLine(
                $"{clients} clients: {outcome.Samples.Count / outcome.Duration.TotalSeconds:f0} requests/s; CPU "
                    + $"ms/request: server {1000 * cost.CpuSeconds / outcome.Samples.Count:f2}, client "
                    + $"{1000 * cost.ClientCpuSeconds / outcome.Samples.Count:f2}; answers {outcome.Statuses}"
            );
            using var answer = await waiting;
        }
    }

    /// <summary>
    /// How a flood on ResNet-50 slows down callers of another model: a single caller's latency alone and beside the
    /// flood, in turns.
    /// </summary>
    /// <param name="models">Which of the three are looked at; none: all.</param>
    public static async Task ShareAsync(params string[] models)
    {
        await using var server = await MeasuredServer.StartAsync();
        await server.CreateAsync("flooded", "resnet50");
        await server.CreateAsync("resnet18", "resnet18");
        await server.CreateAsync("squeezenet1_1", "squeezenet1_1");
        await server.CreateAsync(
            new
            {
                name = "lesson",
                architecture = Lesson(),
                seed = 1,
            }
        );
        Func<int, Task<HttpResponseMessage>> To(string name) =>
            number =>
                name == "lesson"
                    ? Photos.PostTensorAsync(server.Http, name, number)
                    : Photos.PostAsync(server.Http, name, number);
        foreach (var name in models is [] ? ["resnet18", "squeezenet1_1", "lesson"] : models)
        {
            List<double> alone = [],
                beside = [];
            for (var round = -1; round < 5; round++)
            {
                var quiet = await Traffic.ClosedAsync(1, Round, To(name));
                var flood = Traffic.ClosedAsync(16, Round + TimeSpan.FromSeconds(2), To("flooded"));
                await Task.Delay(TimeSpan.FromSeconds(1));
                var loud = await Traffic.ClosedAsync(1, Round, To(name));
                await flood;
                if (round < 0)
                    continue;
                alone.Add(quiet.Percentile(0.95));
                beside.Add(loud.Percentile(0.95));
            }

            Console.WriteLine(
                $"{name, -14} p95 alone {Median(alone), 7:f1} ms, beside a flooded resnet50 "
                    + $"{Median(beside), 7:f1} ms: {Median(beside) / Median(alone):f2} times (beside: "
                    + $"{string.Join(", ", beside.Select(value => $"{value:f1}"))})"
            );
        }
    }

    /// <summary>
    /// Mixed traffic at 70 % of what the server can answer, while models come and go. A line each minute.
    /// </summary>
    public static async Task SoakAsync(int minutes)
    {
        await using var server = await MeasuredServer.StartAsync();
        await server.CreateAsync("photos", "resnet18");
        await server.CreateAsync("small", "mobilenet_v2");
        await server.CreateAsync(
            new
            {
                name = "lesson",
                architecture = Lesson(),
                seed = 1,
            }
        );
        var peak = await Traffic.ClosedAsync(8, TimeSpan.FromSeconds(5), number => MixedAsync(server, number));
        peak = await Traffic.ClosedAsync(8, TimeSpan.FromSeconds(20), number => MixedAsync(server, number));
        var rate = 0.7 * peak.Samples.Count / peak.Duration.TotalSeconds;
        Console.WriteLine(
            $"{peak.Samples.Count / peak.Duration.TotalSeconds:f1} requests/s at most; {rate:f1} offered. "
                + "Answers expected: 200; 422 for every 50th, which is half a photo."
        );
        Console.WriteLine("minute   p50 ms   p99 ms  CPU ms/request  MiB resident  answers");
        for (var minute = 1; minute <= minutes; minute++)
        {
            var (outcome, cost) = await server.MeasureAsync(async () =>
            {
                var traffic = Traffic.OpenAsync(rate, TimeSpan.FromMinutes(1), number => MixedAsync(server, number));
                await ReplaceAsync(server, minute);
                return await traffic;
            });
            Console.WriteLine(
                $"{minute, 6}{outcome.Percentile(0.5), 9:f1}{outcome.Percentile(0.99), 9:f1}"
                    + $"{1000 * cost.CpuSeconds / outcome.Samples.Count, 16:f1}{cost.Resident / (1 << 20), 14:f0}  "
                    + $"{outcome.Statuses}"
            );
        }
    }

    private static Task<HttpResponseMessage> MixedAsync(MeasuredServer server, int number) =>
        (number % 50, number % 5) switch
        {
            (49, _) => Photos.PostBrokenAsync(server.Http, "photos", number),
            (25, _) => server.Http.GetAsync("/v1/models"),
            (_, 0) => Photos.PostAsync(server.Http, "photos", number),
            (_, 1) => Photos.PostAsync(server.Http, "small", number),
            (_, 2) => Photos.PostFormAsync(server.Http, "small", number),
            (_, 3) => Photos.PostJsonAsync(server.Http, "photos", number),
            _ => Photos.PostTensorAsync(server.Http, "lesson", number),
        };

    // A new version of a model that is being used, and the end of the one before.
    private static async Task ReplaceAsync(MeasuredServer server, int seed)
    {
        using var created = await server.Http.PostAsJsonAsync("/v1/models/lesson/versions", new { seed });
        created.EnsureSuccessStatusCode();
        var model = JsonSerializer.Deserialize<JsonElement>(await server.Http.GetStringAsync("/v1/models/lesson"));
        var served = model.GetProperty("version").GetInt32();
        foreach (
            var version in model
                .GetProperty("versions")
                .EnumerateArray()
                .Select(version => version.GetProperty("version").GetInt32())
                .Where(version => version < served)
        )
        {
            using var deleted = await server.Http.DeleteAsync($"/v1/models/lesson/versions/{version}");
            deleted.EnsureSuccessStatusCode();
        }
    }

    private static JsonElement Lesson() => Fixtures.Json("weights", "lesson", "architecture.json");

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
