using System.Collections.Concurrent;

namespace ModelService.Models.Execution;

/// <summary>
/// Remembers for a while the probes that failed for a reason that may pass, such as a time-out. They are not stored,
/// but the same network is not probed again and again while others wait. Thread-safe.
/// </summary>
/// <param name="clock">The time.</param>
internal sealed class RecentFailures(TimeProvider clock)
{
    /// <summary>The time for which a failure is remembered.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, (string Failure, long At)> failures = new();

    /// <summary>
    /// The failure of a probe, with the time that is left until it is forgotten; null when there is none.
    /// </summary>
    /// <param name="key">The probe's key.</param>
    public ProbeResult? Find(string key) =>
        failures.TryGetValue(key, out var known) && clock.GetElapsedTime(known.At) is var age && age < Lifetime
            ? new ProbeResult(known.Failure) { RetryAfter = Lifetime - age }
            : null;

    /// <summary>Remembers a failure, and forgets those that are too old.</summary>
    /// <param name="key">The probe's key.</param>
    /// <param name="failure">The failure, as in <see cref="ProbeResult"/>.</param>
    public void Keep(string key, string failure)
    {
        foreach (var old in failures.Where(item => clock.GetElapsedTime(item.Value.At) >= Lifetime))
            failures.TryRemove(old);
        failures[key] = (failure, clock.GetTimestamp());
    }
}
