namespace ModelService.Models.Registry.Routing;

/// <summary>
/// Latencies in buckets, each an eighth of an octave (9 %) wide, from which percentiles are read. Not thread-safe.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int PerOctave = 8;
    private const double Least = 1e-5; // seconds: the bound of the first bucket
    private const int Buckets = 28 * PerOctave; // up to 45 minutes

    private readonly long[] counts = new long[Buckets];
    private long count;

    /// <summary>Counts a latency.</summary>
    public void Record(TimeSpan latency)
    {
        var octaves = Math.Log2(Math.Max(latency.TotalSeconds, Least) / Least);
        counts[Math.Min((int)Math.Ceiling(octaves * PerOctave), Buckets - 1)]++;
        count++;
    }

    /// <summary>The bound of the bucket that a share of the latencies does not exceed; null: there are none.</summary>
    /// <param name="share">The share, such as 0.95.</param>
    public TimeSpan? Percentile(double share)
    {
        var left = (long)Math.Ceiling(share * count);
        if (left == 0)
            return null;
        var bucket = 0;
        while ((left -= counts[bucket]) > 0)
            bucket++;
        return TimeSpan.FromSeconds(Least * Math.Pow(2, (double)bucket / PerOctave));
    }
}
