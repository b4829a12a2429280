using System.Diagnostics;

namespace ModelService.Api.Tests.Cluster;

/// <summary>
/// What clients saw of a model's default version while others changed it, each operation with the times at which it
/// began and ended. Thread-safe.
/// </summary>
/// <param name="first">The default version at the beginning, when nobody changes it.</param>
internal sealed class DefaultHistory(int first)
{
    private readonly List<Write> writes = [new(first, long.MinValue) { Ended = long.MinValue + 1 }];
    private readonly List<Read> reads = [];
    private readonly Lock gate = new();

    /// <summary>The number of changes that were acknowledged, and of answers.</summary>
    public (int Writes, int Reads) Count
    {
        get
        {
            lock (gate)
                return (writes.Count(write => write.Ended < long.MaxValue) - 1, reads.Count);
        }
    }

    /// <summary>Records the change that pinned a version. One that throws may have been made, or may yet be.</summary>
    public async Task WriteAsync(int version, Func<Task> pin)
    {
        var write = new Write(version, Stopwatch.GetTimestamp());
        lock (gate)
            writes.Add(write);
        await pin();
        write.Ended = Stopwatch.GetTimestamp();
    }

    /// <summary>Records an answer through a server.</summary>
    public async Task ReadAsync(int server, Func<Task<int>> predict)
    {
        var begun = Stopwatch.GetTimestamp();
        var version = await predict();
        var read = new Read(server, version, begun, Stopwatch.GetTimestamp());
        lock (gate)
            reads.Add(read);
    }

    /// <summary>
    /// Finds the answers that no order of the changes explains. An answer may be by a version whose change had been
    /// acknowledged before the request, unless a later change replaced it before the request; or by one whose change
    /// was being made. Through one server, the default does not go back to a version that was replaced.
    /// </summary>
    public IReadOnlyList<string> FindWrong()
    {
        var explained = Explain();
        return
        [
            .. explained
                .Where(pair => pair.Changes.Count == 0)
                .Select(pair =>
                    $"server {pair.Read.Server} answered by {pair.Read.Version}, which was replaced before"
                ),
            .. explained
                .GroupBy(pair => pair.Read.Server)
                .SelectMany(FindInversions)
                .Select(read => $"server {read.Server} went back to {read.Version}"),
        ];
    }

    /// <summary>
    /// Counts the answers that are older than an earlier answer of another server: while a change is being made, some
    /// servers have it already.
    /// </summary>
    public int CountInversions() => FindInversions(Explain()).Count();

    // The answers, in order, each with the changes of its version that may have been the last one then.
    private List<(Read Read, List<Write> Changes)> Explain()
    {
        lock (gate)
        {
            return
            [
                .. reads
                    .OrderBy(read => read.Begun)
                    .Select(read => (read, writes.Where(write => Explains(write, read)).ToList())),
            ];
        }
    }

    private bool Explains(Write write, Read read) =>
        write.Version == read.Version
        && write.Begun < read.Ended
        && !writes.Any(later => later.Begun > write.Ended && later.Ended < read.Begun);

    // Answers whose changes had all been replaced when an earlier answer by another change had been given.
    private static IEnumerable<Read> FindInversions(IEnumerable<(Read Read, List<Write> Changes)> explained)
    {
        Read? newest = null;
        var begun = long.MinValue; // the newest one's change, at the earliest
        foreach (var (read, changes) in explained.Where(pair => pair.Changes.Count > 0))
        {
            if (newest?.Ended < read.Begun && changes.Max(change => change.Ended) < begun)
                yield return read;
            var first = changes.Min(change => change.Begun);
            if (first >= begun)
                (newest, begun) = (read, first);
        }
    }

    private sealed class Write(int version, long begun)
    {
        public int Version { get; } = version;

        public long Begun { get; } = begun;

        public long Ended { get; set; } = long.MaxValue;
    }

    private sealed record Read(int Server, int Version, long Begun, long Ended);
}
