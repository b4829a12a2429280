using System.Collections.Concurrent;
using System.Diagnostics;

namespace ModelService.Benchmarks.Load;

/// <summary>Sends requests and writes down what came of them.</summary>
internal static class Traffic
{
    /// <summary>Clients that each send their next request when the one before is answered.</summary>
    public static async Task<Outcome> ClosedAsync(
        int clients,
        TimeSpan duration,
        Func<int, Task<HttpResponseMessage>> send
    )
    {
        var answers = new ConcurrentQueue<Sample>();
        var started = Stopwatch.GetTimestamp();
        var number = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, clients)
                .Select(async _ =>
                {
                    while (Stopwatch.GetElapsedTime(started) < duration)
                        answers.Enqueue(await OneAsync(send, Interlocked.Increment(ref number)));
                })
        );
        return new Outcome([.. answers], Stopwatch.GetElapsedTime(started));
    }

    /// <summary>So many requests a second, whether those before are answered or not.</summary>
    public static async Task<Outcome> OpenAsync(
        double perSecond,
        TimeSpan duration,
        Func<int, Task<HttpResponseMessage>> send
    )
    {
        var under = new List<Task<Sample>>();
        var started = Stopwatch.GetTimestamp();
        for (var number = 0; number < perSecond * duration.TotalSeconds; number++)
        {
            var wait = TimeSpan.FromSeconds(number / perSecond) - Stopwatch.GetElapsedTime(started);
            if (wait > TimeSpan.FromMilliseconds(1))
                await Task.Delay(wait);
            var turn = number;
            under.Add(Task.Run(() => OneAsync(send, turn)));
        }

        return new Outcome([.. await Task.WhenAll(under)], Stopwatch.GetElapsedTime(started));
    }

    /// <summary>One request. Its answer is read to the end; a connection that breaks counts as status 0.</summary>
    public static async Task<Sample> OneAsync(Func<int, Task<HttpResponseMessage>> send, int number)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var answer = await send(number);
            await answer.Content.LoadIntoBufferAsync();
            return new Sample((int)answer.StatusCode, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (HttpRequestException)
        {
            return new Sample(0, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }
}

/// <summary>One answer: its status and how long it took.</summary>
internal readonly record struct Sample(int Status, double Milliseconds);

/// <summary>What came of some traffic.</summary>
internal sealed record Outcome(IReadOnlyList<Sample> Samples, TimeSpan Duration)
{
    private readonly Lazy<double[]> accepted = new(() =>
        [.. Samples.Where(sample => sample.Status == 200).Select(sample => sample.Milliseconds).Order()]
    );

    public int Accepted => accepted.Value.Length;

    public double PerSecond => Accepted / Duration.TotalSeconds;

    public string Statuses =>
        string.Join(
            ", ",
            Samples
                .GroupBy(sample => sample.Status)
                .OrderBy(group => group.Key)
                .Select(group => $"{group.Key}: {group.Count()}")
        );

    /// <summary>The latency in ms that this share of the accepted requests stays within, by nearest rank.</summary>
    public double Percentile(double share) =>
        Accepted == 0 ? double.NaN : accepted.Value[(int)Math.Ceiling(share * Accepted) - 1];
}
