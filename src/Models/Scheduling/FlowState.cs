namespace ModelService.Models.Scheduling;

/// <summary>A model's flow of a device: its weight, and what it has used so far. Not thread-safe.</summary>
/// <param name="weight">How much it may use while others want the device too, in proportion to theirs; at least 1.</param>
internal sealed class FlowState(int weight)
{
    private TimeSpan used; // by its weight, up to `since`
    private TimeSpan since;

    /// <summary>Turns that it wants.</summary>
    public int Waiting { get; set; }

    /// <summary>Turns that it has.</summary>
    public int Running { get; private set; }

    /// <summary>Whether it wanted nothing before the turn that it wants now.</summary>
    public bool WasAway { get; private set; }

    /// <summary>How long its last turn took, by its weight.</summary>
    public TimeSpan LastTurn { get; private set; }

    /// <summary>The time that it has computed, by its weight: twice the weight, half of the time.</summary>
    public TimeSpan UsedAt(TimeSpan now) => used + ((now - since) * Running / weight);

    /// <summary>How long it must compute on until it has used so much.</summary>
    public TimeSpan TimeUntil(TimeSpan much, TimeSpan now) =>
        much > UsedAt(now) ? (much - UsedAt(now)) * weight / Running : TimeSpan.Zero;

    /// <summary>It wants the device again, and has used at least so much.</summary>
    public void Join(TimeSpan least, TimeSpan now) => (used, since, WasAway) = (used > least ? used : least, now, true);

    /// <summary>One of the turns that it wants begins.</summary>
    public void Begin(TimeSpan now)
    {
        (used, since) = (UsedAt(now), now);
        WasAway = false;
        Waiting--;
        Running++;
    }

    /// <summary>One of its turns is over.</summary>
    public void End(TimeSpan took, TimeSpan now)
    {
        (used, since) = (UsedAt(now), now);
        Running--;
        LastTurn = took / weight;
    }
}
