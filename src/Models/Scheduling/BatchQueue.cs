using System.Numerics;

namespace ModelService.Models.Scheduling;

/// <summary>
/// The queue of a model's waiting requests. It forms the batches, from the requests and the given time alone. Not
/// thread-safe.
/// </summary>
/// <typeparam name="T">Type of a request.</typeparam>
/// <param name="maxBatchSize">Maximum number of inputs in one batch.</param>
/// <param name="maxDelay">How long the oldest input may be held back so that others can join its batch.</param>
internal sealed class BatchQueue<T>(int maxBatchSize, TimeSpan maxDelay)
    where T : class
{
    private readonly LinkedList<Entry>[] byPriority =
    [
        .. Enum.GetValues<Priority>().Select(_ => new LinkedList<Entry>()),
    ];
    private readonly Dictionary<T, LinkedListNode<Entry>> nodes = [];

    // Numbers of waiting and of reserved inputs, by priority.
    private readonly int[] counts = new int[Enum.GetValues<Priority>().Length];
    private readonly int[] reserved = new int[Enum.GetValues<Priority>().Length];

    /// <summary>Number of waiting inputs.</summary>
    public int Count => counts.Sum();

    /// <summary>Number of waiting and of reserved inputs.</summary>
    public int CountWithReserved => counts.Sum() + reserved.Sum();

    /// <summary>The waiting requests, in no particular order.</summary>
    public IReadOnlyCollection<T> Requests => nodes.Keys;

    /// <summary>
    /// The possible batch sizes: the powers of two below the maximum, and the maximum. Only these few sizes need to be
    /// warmed up. Batches are not padded: inputs beyond such a size wait for the next batch.
    /// </summary>
    /// <param name="maxBatchSize">Maximum number of inputs in one batch.</param>
    public static IEnumerable<int> Sizes(int maxBatchSize)
    {
        for (var size = 1; size < maxBatchSize; size *= 2)
            yield return size;
        yield return maxBatchSize;
    }

    /// <summary>Number of waiting and reserved inputs that are served before a new request.</summary>
    /// <param name="priority">Priority of the new request.</param>
    public int Ahead(Priority priority)
    {
        var ahead = 0;
        for (var i = 0; i <= (int)priority; i++)
            ahead += counts[i] + reserved[i];
        return ahead;
    }

    /// <summary>Reserves room for inputs that will be added later.</summary>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="priority">Priority of the inputs.</param>
    public void Reserve(int inputs, Priority priority) => reserved[(int)priority] += inputs;

    /// <summary>Releases reserved room, when its inputs are added or are no longer expected.</summary>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="priority">Priority of the inputs.</param>
    public void Release(int inputs, Priority priority) => reserved[(int)priority] -= inputs;

    /// <summary>Adds a request behind all others of its priority.</summary>
    /// <param name="request">The request.</param>
    /// <param name="inputs">Number of its inputs, at least one.</param>
    /// <param name="priority">Priority of the request.</param>
    /// <param name="now">The current time, on any clock.</param>
    public void Add(T request, int inputs, Priority priority, TimeSpan now)
    {
        nodes.Add(request, byPriority[(int)priority].AddLast(new Entry(request, inputs, priority, now)));
        counts[(int)priority] += inputs;
    }

    /// <summary>Removes the inputs of a request that still wait.</summary>
    /// <param name="request">The request.</param>
    /// <returns>Number of inputs removed.</returns>
    public int Remove(T request)
    {
        if (!nodes.Remove(request, out var node))
            return 0;
        node.List!.Remove(node);
        counts[(int)node.Value.Priority] -= node.Value.Left;
        return node.Value.Left;
    }

    /// <summary>Time until the next batch may start; null while the queue is empty.</summary>
    /// <param name="now">The current time.</param>
    public TimeSpan? Delay(TimeSpan now)
    {
        if (Count == 0)
            return null;
        if (Count >= maxBatchSize || maxDelay == TimeSpan.Zero)
            return TimeSpan.Zero;
        var oldest = byPriority.Where(list => list.First is not null).Min(list => list.First!.Value.Added);
        return oldest + maxDelay <= now ? TimeSpan.Zero : oldest + maxDelay - now;
    }

    /// <summary>
    /// Takes the next batch from the queue: by priority, then in order of arrival. A request that exceeds the batch is
    /// divided among several batches.
    /// </summary>
    /// <returns>The parts of the batch; empty if nothing waits.</returns>
    public List<BatchPart<T>> Cut()
    {
        var room = Count >= maxBatchSize ? maxBatchSize : (int)BitOperations.RoundUpToPowerOf2((uint)Count + 1) / 2;
        var parts = new List<BatchPart<T>>();
        foreach (var list in byPriority)
        {
            while (room > 0 && list.First is { Value: var entry } node)
            {
                var taken = Math.Min(room, entry.Left);
                parts.Add(new BatchPart<T>(entry.Request, entry.Taken, taken));
                entry.Taken += taken;
                room -= taken;
                counts[(int)entry.Priority] -= taken;
                if (entry.Left > 0)
                    continue;
                list.Remove(node);
                nodes.Remove(entry.Request);
            }
        }

        return parts;
    }

    /// <summary>Splits a batch in two.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="count">Number of inputs in the first of the two.</param>
    public static (List<BatchPart<T>> Left, List<BatchPart<T>> Right) Split(List<BatchPart<T>> batch, int count)
    {
        var (left, right) = (new List<BatchPart<T>>(), new List<BatchPart<T>>());
        foreach (var part in batch)
        {
            var taken = Math.Min(count, part.Count);
            count -= taken;
            if (taken > 0)
                left.Add(part with { Count = taken });
            if (taken < part.Count)
                right.Add(part with { First = part.First + taken, Count = part.Count - taken });
        }

        return (left, right);
    }

    private sealed class Entry(T request, int inputs, Priority priority, TimeSpan added)
    {
        public T Request => request;

        public Priority Priority => priority;

        public TimeSpan Added => added;

        public int Taken { get; set; }

        public int Left => inputs - Taken;
    }
}

/// <summary>The inputs of one request in one batch.</summary>
/// <typeparam name="T">Type of a request.</typeparam>
/// <param name="Request">The request.</param>
/// <param name="First">Index of the first of these inputs in the request.</param>
/// <param name="Count">Number of inputs.</param>
internal readonly record struct BatchPart<T>(T Request, int First, int Count);
