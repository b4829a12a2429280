using System.Diagnostics;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>Gives the models on a device their scheduler to compute a batch, so that they don't take each other's cores. Thread-safe.</summary>
/// <param name="atOnce">Batches that are computed at once, of one model or of several.</param>
internal sealed class DeviceScheduler(int atOnce)
{
    private readonly object gate = new(); // a monitor, because threads wait for a pulse
    private readonly FairScheduler schedule = new(atOnce);

    /// <summary>Batches that are computed at once, of one model or of several.</summary>
    public int AtOnce => atOnce;

    /// <summary>Waits for a model's turn; it lasts until the result is disposed, or given for the next.</summary>
    /// <param name="flow">The model's flow of this device.</param>
    /// <param name="last">The turn that it has and gives for this one: so nobody takes it for a model that wants nothing.</param>
    public IDisposable Take(FlowState flow, IDisposable? last = null)
    {
        lock (gate)
        {
            schedule.Ask(flow, Now);
            last?.Dispose();
            while (schedule.Delay(flow, Now) is var delay && delay != TimeSpan.Zero)
            {
                // Whole milliseconds, rounded up: the monitor would not wait for less than one.
                Monitor.Wait(
                    gate,
                    delay is { } known
                        ? TimeSpan.FromMilliseconds(Math.Ceiling(known.TotalMilliseconds))
                        : Timeout.InfiniteTimeSpan
                );
            }

            var start = schedule.Begin(flow, Now);

            // Who is next may be another one now.
            Monitor.PulseAll(gate);
            return new DeviceLease(this, flow, start);
        }
    }

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    private sealed class DeviceLease(DeviceScheduler scheduler, FlowState flow, TimeSpan start) : IDisposable
    {
        public void Dispose()
        {
            lock (scheduler.gate)
            {
                scheduler.schedule.End(flow, start, Now);
                Monitor.PulseAll(scheduler.gate);
            }
        }
    }
}
