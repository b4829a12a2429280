namespace ModelService.Models.Scheduling;

/// <summary>How fast a model gets through its queue, measured while anything waits: what other models take of the device is in it. Not thread-safe.</summary>
internal sealed class ServiceTimeEstimator
{
    // How much a new batch counts.
    private const double Weight = 0.2;

    // What batches may take longer than the last ones did: who is let in and comes too late has taken another one's place.
    private const double Margin = 1.125;

    private TimeSpan perInput;

    /// <summary>Since when the next batch has been due: the end of the last one, or the moment when an idle model got something to do.</summary>
    public TimeSpan Since { get; private set; }

    /// <summary>An idle model gets something to do.</summary>
    /// <param name="now">The time, on any clock.</param>
    public void Start(TimeSpan now) => Since = now;

    /// <summary>A batch has ended.</summary>
    /// <param name="inputs">How many inputs it had, at least one.</param>
    /// <param name="now">The time.</param>
    public void End(int inputs, TimeSpan now)
    {
        var each = (now - Since) / inputs;
        perInput = perInput == TimeSpan.Zero ? each : ((1 - Weight) * perInput) + (Weight * each);
        Since = now;
    }

    /// <summary>How long those take that are being computed, and those that wait, with some reserve; nothing as long as nothing is known.</summary>
    /// <param name="running">Inputs that are being computed.</param>
    /// <param name="waiting">Inputs that wait. Where they are more than a batch, the last one counts whole: none of it is ready before all of it is.</param>
    /// <param name="maxBatchSize">Most inputs in one batch.</param>
    public TimeSpan TimeFor(int running, int waiting, int maxBatchSize) =>
        Margin
        * TimeFor(
            running + (waiting <= maxBatchSize ? waiting : (waiting + maxBatchSize - 1) / maxBatchSize * maxBatchSize)
        );

    /// <summary>How long so many inputs take; nothing as long as nothing is known.</summary>
    /// <param name="inputs">How many.</param>
    public TimeSpan TimeFor(int inputs) => inputs * perInput;
}
