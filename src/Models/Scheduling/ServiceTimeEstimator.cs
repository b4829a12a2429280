namespace ModelService.Models.Scheduling;

/// <summary>
/// Estimates how long a model needs for the inputs in its queue, by a moving average of the time per input. The time is
/// measured from batch to batch while inputs wait, so it includes the time that other models use the device. Not
/// thread-safe.
/// </summary>
internal sealed class ServiceTimeEstimator
{
    // Weight of the latest batch in the moving average.
    private const double Weight = 0.2;

    // Safety factor of the estimate. A request that is accepted and misses its deadline has wasted another request's
    // chance, so a slightly pessimistic estimate is better.
    private const double Margin = 1.125;

    private TimeSpan perInput;

    /// <summary>
    /// Start of the current measurement: the end of the last batch, or the end of the model's idle time.
    /// </summary>
    public TimeSpan Since { get; private set; }

    /// <summary>Starts a measurement, when an idle model gets an input.</summary>
    /// <param name="now">The current time, on any clock.</param>
    public void Start(TimeSpan now) => Since = now;

    /// <summary>Measures a batch that has ended, and starts the next measurement.</summary>
    /// <param name="inputs">Number of inputs in the batch, at least one.</param>
    /// <param name="now">The current time.</param>
    public void End(int inputs, TimeSpan now)
    {
        var latest = (now - Since) / inputs;
        perInput = perInput == TimeSpan.Zero ? latest : ((1 - Weight) * perInput) + (Weight * latest);
        Since = now;
    }

    /// <summary>
    /// Estimates the time until all running and waiting inputs are computed, with a safety margin; zero before the
    /// first measurement.
    /// </summary>
    /// <param name="running">Number of inputs that are being computed.</param>
    /// <param name="waiting">
    /// Number of waiting inputs. If they are more than one batch, their number is rounded up to whole batches, because
    /// the scores of a batch are ready all at once.
    /// </param>
    /// <param name="maxBatchSize">Maximum number of inputs in one batch.</param>
    public TimeSpan TimeFor(int running, int waiting, int maxBatchSize) =>
        Margin * TimeFor(running + (waiting <= maxBatchSize ? waiting : RoundUp(waiting, maxBatchSize)));

    /// <summary>Estimates the time for a number of inputs; zero before the first measurement.</summary>
    /// <param name="inputs">Number of inputs.</param>
    public TimeSpan TimeFor(int inputs) => inputs * perInput;

    private static int RoundUp(int inputs, int batchSize) => (inputs + batchSize - 1) / batchSize * batchSize;
}
