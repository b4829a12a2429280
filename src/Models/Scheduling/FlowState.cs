namespace ModelService.Models.Scheduling;

/// <summary>
/// The state of one flow in a <see cref="FairScheduler"/>: of one model version on one device. Its usage is the device
/// time it has used, divided by its weight. Not thread-safe.
/// </summary>
/// <param name="weight">Part of the device time relative to the other flows' weights; at least 1.</param>
internal sealed class FlowState(int weight)
{
    // The usage at the time `since`.
    private TimeSpan usage;
    private TimeSpan since;

    /// <summary>Number of leases that the flow waits for.</summary>
    public int Waiting { get; set; }

    /// <summary>Number of leases that the flow holds.</summary>
    public int Running { get; private set; }

    /// <summary>Whether the flow was idle before the lease that it waits for now.</summary>
    public bool WasIdle { get; private set; }

    /// <summary>The usage of the flow's last lease.</summary>
    public TimeSpan LastLease { get; private set; }

    /// <summary>The flow's usage at a device time.</summary>
    /// <param name="now">The device time.</param>
    public TimeSpan UsageAt(TimeSpan now) => usage + ((now - since) * Running / weight);

    /// <summary>Device time until a running flow reaches a usage; zero if it is reached already.</summary>
    /// <param name="target">The usage.</param>
    /// <param name="now">The device time.</param>
    public TimeSpan TimeUntil(TimeSpan target, TimeSpan now) =>
        target > UsageAt(now) ? (target - UsageAt(now)) * weight / Running : TimeSpan.Zero;

    /// <summary>Ends the flow's idle time.</summary>
    /// <param name="minimum">The usage is raised to this value, so that idle time gives no credit.</param>
    /// <param name="now">The device time.</param>
    public void Join(TimeSpan minimum, TimeSpan now)
    {
        usage = usage > minimum ? usage : minimum;
        since = now;
        WasIdle = true;
    }

    /// <summary>Starts one of the leases that the flow waits for.</summary>
    /// <param name="now">The device time.</param>
    public void Begin(TimeSpan now)
    {
        (usage, since) = (UsageAt(now), now);
        WasIdle = false;
        Waiting--;
        Running++;
    }

    /// <summary>Ends one of the flow's leases.</summary>
    /// <param name="duration">Device time that the lease took.</param>
    /// <param name="now">The device time.</param>
    public void End(TimeSpan duration, TimeSpan now)
    {
        (usage, since) = (UsageAt(now), now);
        Running--;
        LastLease = duration / weight;
    }
}
