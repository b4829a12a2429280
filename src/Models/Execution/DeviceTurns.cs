using System.Diagnostics;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>Gives the models on a device their turns to compute a batch, so that they don't take each other's cores. Thread-safe.</summary>
/// <param name="atOnce">Batches that are computed at once, of one model or of several.</param>
internal sealed class DeviceTurns(int atOnce)
{
    private readonly object gate = new(); // a monitor, because threads wait for a pulse
    private readonly FairSchedule schedule = new(atOnce);

    /// <summary>Batches that are computed at once, of one model or of several.</summary>
    public int AtOnce => atOnce;

    /// <summary>Waits for a model's turn; it lasts until the result is disposed, or given for the next.</summary>
    /// <param name="share">The model's share of this device.</param>
    /// <param name="last">The turn that it has and gives for this one: so nobody takes it for a model that wants nothing.</param>
    public IDisposable Take(FairShare share, IDisposable? last = null)
    {
        lock (gate)
        {
            schedule.Ask(share, Now);
            last?.Dispose();
            while (schedule.Delay(share, Now) is var delay && delay != TimeSpan.Zero)
            {
                // Whole milliseconds, rounded up: the monitor would not wait for less than one.
                Monitor.Wait(
                    gate,
                    delay is { } known
                        ? TimeSpan.FromMilliseconds(Math.Ceiling(known.TotalMilliseconds))
                        : Timeout.InfiniteTimeSpan
                );
            }

            var start = schedule.Begin(share, Now);

            // Who is next may be another one now.
            Monitor.PulseAll(gate);
            return new Turn(this, share, start);
        }
    }

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    private sealed class Turn(DeviceTurns turns, FairShare share, TimeSpan start) : IDisposable
    {
        public void Dispose()
        {
            lock (turns.gate)
            {
                turns.schedule.End(share, start, Now);
                Monitor.PulseAll(turns.gate);
            }
        }
    }
}
