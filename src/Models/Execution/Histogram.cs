namespace ModelService.Models.Execution;

/// <summary>A distribution of values, counted in buckets. Not thread-safe.</summary>
/// <param name="bounds">The upper bounds of the buckets, ascending; one more bucket has no bound.</param>
internal sealed class Histogram(double[] bounds)
{
    private readonly long[] counts = new long[bounds.Length + 1];
    private double sum;

    /// <summary>How many values were recorded.</summary>
    public long Count => counts.Sum();

    /// <summary>The sum of the values.</summary>
    public double Sum => sum;

    /// <summary>Counts a value in the first bucket whose bound is not below it.</summary>
    public void Record(double value)
    {
        var index = Array.BinarySearch(bounds, value);
        counts[index < 0 ? ~index : index]++;
        sum += value;
    }

    /// <summary>The buckets, their sum and their count; nothing while no value was recorded.</summary>
    /// <param name="labels">The labels of each sample; a bucket has its bound as <c>le</c> besides.</param>
    public IEnumerable<MetricSample> Samples(params (string Name, string Value)[] labels)
    {
        var count = 0L;
        var samples = new List<MetricSample>();
        foreach (var (index, inBucket) in counts.Index())
        {
            count += inBucket;
            var bound = index < bounds.Length ? FormattableString.Invariant($"{bounds[index]}") : "+Inf";
            samples.Add(new MetricSample("_bucket", [.. labels, ("le", bound)], count));
        }

        return count == 0
            ? []
            : [.. samples, new MetricSample("_sum", labels, sum), new MetricSample("_count", labels, count)];
    }
}
