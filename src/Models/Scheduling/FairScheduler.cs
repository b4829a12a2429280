namespace ModelService.Models.Scheduling;

/// <summary>
/// Which of the models that flow a device computes next, decided by who waits and by the time alone. Over time, each gets of the device what its
/// weight is of all that want it; and no batch waits for a much longer one. Not thread-safe.
/// </summary>
/// <param name="atOnce">Batches that the device computes at once.</param>
/// <remarks>
/// Start-time fair queueing: Goyal, Vin and Cheng, "Start-time Fair Queuing", SIGCOMM 1996, with the time that a turn took for a packet's length. A
/// turn can't be interrupted, so who comes back while a long one is under way, and has not used more, starts beside it at once: the operating system
/// shares the cores, and what it came with takes twice as long as alone. Those that want one turn after the other, whom that would gain nothing, do so
/// only if they would still be behind after a turn like their last one; else they take turns.
/// </remarks>
internal sealed class FairScheduler(int atOnce)
{
    // Those that wait or compute, in the order in which they came.
    private readonly List<FlowState> active = [];
    private int computing;

    // How long whoever computes all the time has had the device for itself: it runs slower than the clock while others compute beside.
    private TimeSpan deviceTime;
    private TimeSpan since;

    // What the one had used that began last.
    private TimeSpan begun;

    private double Speed => Math.Min(1, (double)atOnce / computing);

    /// <summary>A model wants a turn; if it wants one after the other, it says so before the last is over.</summary>
    /// <param name="flow">Its flow.</param>
    /// <param name="now">The time, on any clock.</param>
    public void Ask(FlowState flow, TimeSpan now)
    {
        Advance(now);
        if (flow is { Waiting: 0, Running: 0 })
        {
            // What it did not use while it wanted nothing is gone: it starts where those are that compute.
            flow.Join(begun, deviceTime);
            active.Add(flow);
        }

        flow.Waiting++;
    }

    /// <summary>How long a model that waits has to wait on, should nothing else happen; null: until something does.</summary>
    /// <param name="flow">Its flow.</param>
    /// <param name="now">The time.</param>
    public TimeSpan? Delay(FlowState flow, TimeSpan now)
    {
        Advance(now);
        if (Next() != flow)
            return null;
        if (computing < atOnce)
            return TimeSpan.Zero;
        if (flow.Running > 0)
            return null;
        var after = flow.UsedAt(deviceTime) + (flow.WasAway ? TimeSpan.Zero : flow.LastTurn);
        return active.Where(other => other.Running > 0).Max(other => other.TimeUntil(after, deviceTime)) / Speed;
    }

    /// <summary>A model that waited begins its turn.</summary>
    /// <param name="flow">Its flow.</param>
    /// <param name="now">The time.</param>
    /// <returns>What <see cref="End"/> wants to know of it.</returns>
    public TimeSpan Begin(FlowState flow, TimeSpan now)
    {
        Advance(now);
        flow.Begin(deviceTime);
        computing++;
        if (flow.UsedAt(deviceTime) > begun)
            begun = flow.UsedAt(deviceTime);
        return deviceTime;
    }

    /// <summary>A turn is over.</summary>
    /// <param name="flow">Whose.</param>
    /// <param name="start">What <see cref="Begin"/> gave.</param>
    /// <param name="now">The time.</param>
    public void End(FlowState flow, TimeSpan start, TimeSpan now)
    {
        Advance(now);
        flow.End(deviceTime - start, deviceTime);
        computing--;
        if (flow is { Waiting: 0, Running: 0 })
            active.Remove(flow);
    }

    // Of those that wait, who has used the least.
    private FlowState? Next()
    {
        FlowState? next = null;
        foreach (var flow in active)
        {
            if (flow.Waiting > 0 && (next is null || flow.UsedAt(deviceTime) < next.UsedAt(deviceTime)))
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
