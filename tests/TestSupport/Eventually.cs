using System.Diagnostics;
using System.Runtime.CompilerServices;
using Xunit;

namespace ModelService.TestSupport;

/// <summary>
/// Waits for a state that a server reaches by itself, for as long as a slow machine may need and no longer.
/// </summary>
public static class Eventually
{
    // Milliseconds.
    private const double ShortestPause = 10;
    private const double LongestPause = 100;

    /// <summary>The longest that a test waits for one state; less than a whole test may take.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromMinutes(4);

    /// <summary>Reads a value again and again until it meets a condition.</summary>
    /// <param name="read">Reads the value.</param>
    /// <param name="isWanted">The condition.</param>
    /// <param name="wanted">The condition's text, for the message.</param>
    /// <returns>The first value that meets the condition.</returns>
    /// <exception cref="TimeoutException">None did within <see cref="Limit"/>; the message has the last
    /// value.</exception>
    public static async Task<T> GetAsync<T>(
        Func<Task<T>> read,
        Predicate<T> isWanted,
        [CallerArgumentExpression(nameof(isWanted))] string wanted = ""
    )
    {
        var started = Stopwatch.GetTimestamp();
        for (var reads = 1; ; reads++)
        {
            var value = await read();
            if (isWanted(value))
                return value;
            if (Stopwatch.GetElapsedTime(started) >= Limit)
            {
                var last = value?.ToString() ?? "nothing";
                throw new TimeoutException($"Not within {Limit} and {reads} reads: {wanted}. Last was {last}.");
            }

            // Reading takes processor time from what is waited for: the longer it takes, the less often.
            var waited = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            await Task.Delay(
                TimeSpan.FromMilliseconds(Math.Clamp(waited / 20, ShortestPause, LongestPause)),
                TestContext.Current.CancellationToken
            );
        }
    }

    /// <summary>
    /// As <see cref="GetAsync{T}(Func{Task{T}}, Predicate{T}, string)"/>, for a value that is at hand.
    /// </summary>
    /// <param name="read">Reads the value.</param>
    /// <param name="isWanted">The condition.</param>
    /// <param name="wanted">The condition's text, for the message.</param>
    public static Task<T> GetAsync<T>(
        Func<T> read,
        Predicate<T> isWanted,
        [CallerArgumentExpression(nameof(isWanted))] string wanted = ""
    ) => GetAsync(() => Task.FromResult(read()), isWanted, wanted);
}
