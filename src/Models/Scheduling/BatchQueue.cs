using System.Numerics;

namespace ModelService.Models.Scheduling;

/// <summary>What waits for a model, and what of it is computed next: decided by who waits and by the time alone. Not thread-safe.</summary>
/// <typeparam name="T">A request.</typeparam>
/// <param name="maxBatchSize">Most inputs in one batch.</param>
/// <param name="maxDelay">How long the first that waits may be kept for others to join it.</param>
internal sealed class BatchQueue<T>(int maxBatchSize, TimeSpan maxDelay)
    where T : class
{
    private readonly LinkedList<Entry>[] byPriority =
    [
        .. Enum.GetValues<Priority>().Select(_ => new LinkedList<Entry>()),
    ];
    private readonly Dictionary<T, LinkedListNode<Entry>> nodes = [];
    private readonly int[] counts = new int[Enum.GetValues<Priority>().Length]; // by priority
    private readonly int[] reserved = new int[Enum.GetValues<Priority>().Length];

    /// <summary>Inputs that wait.</summary>
    public int Count => counts.Sum();

    /// <summary>Inputs that wait, and those that room is kept for.</summary>
    public int CountWithReserved => counts.Sum() + reserved.Sum();

    /// <summary>The requests that wait, in no order.</summary>
    public IReadOnlyCollection<T> Requests => nodes.Keys;

    /// <summary>The sizes that batches have: powers of two and the largest, so that few are to be prepared for. No batch is filled up.</summary>
    /// <param name="maxBatchSize">The largest.</param>
    public static IEnumerable<int> Sizes(int maxBatchSize)
    {
        for (var size = 1; size < maxBatchSize; size *= 2)
            yield return size;
        yield return maxBatchSize;
    }

    /// <summary>Inputs that will be taken before those of a new request, with those that room is kept for.</summary>
    /// <param name="priority">Its priority.</param>
    public int Ahead(Priority priority)
    {
        var ahead = 0;
        for (var before = 0; before <= (int)priority; before++)
            ahead += counts[before] + reserved[before];
        return ahead;
    }

    /// <summary>Keeps room for inputs that are to come.</summary>
    /// <param name="inputs">How many.</param>
    /// <param name="priority">Their priority.</param>
    public void Reserve(int inputs, Priority priority) => reserved[(int)priority] += inputs;

    /// <summary>Gives room back that was kept: the inputs come now, or not at all.</summary>
    /// <param name="inputs">How many.</param>
    /// <param name="priority">Their priority.</param>
    public void Release(int inputs, Priority priority) => reserved[(int)priority] -= inputs;

    /// <summary>Puts a request behind those of its priority.</summary>
    /// <param name="request">The request.</param>
    /// <param name="inputs">How many inputs it has, at least one.</param>
    /// <param name="priority">Its priority.</param>
    /// <param name="now">The time, on any clock.</param>
    public void Add(T request, int inputs, Priority priority, TimeSpan now)
    {
        nodes.Add(request, byPriority[(int)priority].AddLast(new Entry(request, inputs, priority, now)));
        counts[(int)priority] += inputs;
    }

    /// <summary>Takes out what still waits of a request.</summary>
    /// <returns>How many inputs did.</returns>
    public int Remove(T request)
    {
        if (!nodes.Remove(request, out var node))
            return 0;
        node.List!.Remove(node);
        counts[(int)node.Value.Priority] -= node.Value.Left;
        return node.Value.Left;
    }

    /// <summary>How long the next batch has to wait; null while nothing waits.</summary>
    /// <param name="now">The time.</param>
    public TimeSpan? Delay(TimeSpan now)
    {
        if (Count == 0)
            return null;
        if (Count >= maxBatchSize || maxDelay == TimeSpan.Zero)
            return TimeSpan.Zero;
        var first = byPriority.Where(list => list.First is not null).Min(list => list.First!.Value.Since);
        return first + maxDelay <= now ? TimeSpan.Zero : first + maxDelay - now;
    }

    /// <summary>Takes the next batch: by priority, then in the order in which the requests came. A large request goes in several.</summary>
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
    /// <param name="count">Inputs that go into the first of the two.</param>
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

    private sealed class Entry(T request, int inputs, Priority priority, TimeSpan since)
    {
        public T Request => request;

        public Priority Priority => priority;

        public TimeSpan Since => since;

        public int Taken { get; set; }

        public int Left => inputs - Taken;
    }
}

/// <summary>Inputs of one request that are in one batch.</summary>
/// <param name="Request">The request.</param>
/// <param name="First">Index of the first among the request's inputs.</param>
/// <param name="Count">How many.</param>
internal readonly record struct BatchPart<T>(T Request, int First, int Count);
