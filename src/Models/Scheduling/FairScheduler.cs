namespace ModelService.Models.Scheduling;

/// <summary>
/// Decides which flow gets the next lease of a device, from the flows' state and the given time alone. A flow is one
/// model version, and a lease covers one batch. While several flows want the device, each gets device time in
/// proportion to its weight, and no batch waits for a much longer one. Not thread-safe.
/// </summary>
/// <param name="atOnce">Number of leases that run side by side at full speed.</param>
/// <remarks>
/// Start-time fair queueing (Goyal, Vin and Cheng, "Start-time Fair Queuing", SIGCOMM 1996), with the duration of a
/// lease in place of a packet's length. A running lease can't be interrupted. So a flow that returns from idling while
/// a long lease runs, and has not used more, starts beside it at once: the operating system divides the cores, and the
/// batch takes twice as long as alone. A flow that asks for one lease after the other would gain nothing from that. It
/// starts beside a running lease only if it would still be behind after another lease like its last one; otherwise the
/// flows alternate.
/// </remarks>
internal sealed class FairScheduler(int atOnce)
{
    // The flows that wait or run, in order of arrival.
    private readonly List<FlowState> active = [];
    private int running;

    // The device time at the clock's time `since`. It advances slower than the clock while more leases run than
    // `atOnce`.
    private TimeSpan deviceTime;
    private TimeSpan since;

    // The largest usage at which a lease has started. A flow that was idle continues from here.
    private TimeSpan virtualTime;

    private double Speed => Math.Min(1, (double)atOnce / running);

    /// <summary>
    /// Asks for a lease. A flow that wants one lease after the other asks before the last one ends, or else it counts
    /// as idle in between.
    /// </summary>
    /// <param name="flow">The flow.</param>
    /// <param name="now">The current time, on any clock.</param>
    public void Ask(FlowState flow, TimeSpan now)
    {
        Advance(now);
        if (flow is { Waiting: 0, Running: 0 })
        {
            flow.Join(virtualTime, deviceTime);
            active.Add(flow);
        }

        flow.Waiting++;
    }

    /// <summary>Time until a waiting flow may start its lease, if nothing else happens before.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The time; null if another lease must start or end first.</returns>
    public TimeSpan? Delay(FlowState flow, TimeSpan now)
    {
        Advance(now);
        if (Next() != flow)
            return null;
        if (running < atOnce)
            return TimeSpan.Zero;
        if (flow.Running > 0)
            return null;
        var usageAfter = flow.UsageAt(deviceTime) + (flow.WasIdle ? TimeSpan.Zero : flow.LastLease);
        return active.Where(other => other.Running > 0).Max(other => other.TimeUntil(usageAfter, deviceTime)) / Speed;
    }

    /// <summary>Starts a lease that a flow waits for.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The device time at the start, for <see cref="End"/>.</returns>
    public TimeSpan Begin(FlowState flow, TimeSpan now)
    {
        Advance(now);
        flow.Begin(deviceTime);
        running++;
        if (flow.UsageAt(deviceTime) > virtualTime)
            virtualTime = flow.UsageAt(deviceTime);
        return deviceTime;
    }

    /// <summary>Ends a lease.</summary>
    /// <param name="flow">The flow that held the lease.</param>
    /// <param name="start">The result of <see cref="Begin"/>.</param>
    /// <param name="now">The current time.</param>
    public void End(FlowState flow, TimeSpan start, TimeSpan now)
    {
        Advance(now);
        flow.End(deviceTime - start, deviceTime);
        running--;
        if (flow is { Waiting: 0, Running: 0 })
            active.Remove(flow);
    }

    // The waiting flow with the least usage.
    private FlowState? Next()
    {
        FlowState? next = null;
        foreach (var flow in active)
        {
            if (flow.Waiting > 0 && (next is null || flow.UsageAt(deviceTime) < next.UsageAt(deviceTime)))
                next = flow;
        }

        return next;
    }

    private void Advance(TimeSpan now)
    {
        deviceTime += (now - since) * Speed;
        since = now;
    }
}
