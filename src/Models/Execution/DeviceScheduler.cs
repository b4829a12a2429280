using System.Diagnostics;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>
/// Decides which of a device's models computes its next batch, so that the models don't compete for cores. Thread-safe.
/// </summary>
/// <param name="atOnce">Batches that the device computes at once, of one model or of several.</param>
internal sealed class DeviceScheduler(int atOnce)
{
    // Threads that begin to yield can't stop it; they are ended, and others made (0.1 ms each).
    private static readonly TimeSpan SharedFor = TimeSpan.FromSeconds(10);

    private readonly object gate = new(); // a monitor, because threads wait for a pulse
    private readonly FairScheduler fairness = new(atOnce);
    private TimeSpan lastUse = Now;
    private FlowState? lastUser;
    private TimeSpan? lastChange; // from one model to another

    /// <summary>Batches that the device computes at once, of one model or of several.</summary>
    public int AtOnce => atOnce;

    /// <summary>Blocks until the model may compute a batch.</summary>
    /// <param name="flow">The model's account with this device.</param>
    /// <param name="last">
    /// The lease of the model's previous batch, which ends here; null when there is none. The model asks for the next
    /// lease before this one ends, so the scheduler doesn't take it for idle in between.
    /// </param>
    /// <returns>
    /// The right to compute one batch; it ends when it is disposed or passed as <paramref name="last"/>.
    /// </returns>
    public IDisposable Take(FlowState flow, IDisposable? last = null)
    {
        lock (gate)
        {
            lastUse = Now;
            if (lastUser is not null && lastUser != flow)
                lastChange = Now;
            lastUser = flow;
            fairness.Ask(flow, Now);
            last?.Dispose();
            while (fairness.Delay(flow, Now) is var delay && delay != TimeSpan.Zero)
            {
                // Rounded up to whole milliseconds: the monitor does not wait for less than one.
                Monitor.Wait(
                    gate,
                    delay is { } known
                        ? TimeSpan.FromMilliseconds(Math.Ceiling(known.TotalMilliseconds))
                        : Timeout.InfiniteTimeSpan
                );
            }

            var start = fairness.Begin(flow, Now);

            // The device has one lease fewer now, so the delay of each waiting model may have changed.
            Monitor.PulseAll(gate);
            return new DeviceLease(this, flow, start);
        }
    }

    /// <summary>Whether more than one model computed in the last seconds.</summary>
    public bool IsShared
    {
        get
        {
            lock (gate)
                return Now - lastChange < SharedFor;
        }
    }

    /// <summary>Whether no batch was computed for some time.</summary>
    /// <param name="time">The time up to now.</param>
    public bool IsAtRestFor(TimeSpan time)
    {
        lock (gate)
            return Now - lastUse >= time;
    }

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    private sealed class DeviceLease(DeviceScheduler scheduler, FlowState flow, TimeSpan start) : IDisposable
    {
        public void Dispose()
        {
            lock (scheduler.gate)
            {
                scheduler.lastUse = Now;
                scheduler.fairness.End(flow, start, Now);
                Monitor.PulseAll(scheduler.gate);
            }
        }
    }
}
