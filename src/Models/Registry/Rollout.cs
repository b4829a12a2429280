namespace ModelService.Models.Registry;

/// <summary>
/// A change of a model's default version that servers which share a store make together. The old version answers until
/// enough of them have the new one in memory. Thread-safe.
/// </summary>
public sealed class Rollout
{
    private volatile bool isPrepared;
    private volatile int ready;
    private volatile int servers;

    /// <summary>Begins a change of the default version.</summary>
    /// <param name="wanted">The version that is to answer.</param>
    /// <param name="revision">The revision of the store that has the change.</param>
    /// <param name="started">When this server learned of it, as a timestamp of its clock.</param>
    /// <param name="before">A change that was under way, and that this one replaces; null: none was.</param>
    internal Rollout(ModelVersion wanted, long revision, long started, Rollout? before)
    {
        (Wanted, Revision, Started, First) = (wanted, revision, started, before?.First ?? revision);
        isPrepared = !wanted.Current.LoadsOnRequest;
    }

    /// <summary>The number of the version that is to answer.</summary>
    public int Version => Wanted.Version;

    /// <summary>How many of the living servers are ready, as this server heard it last.</summary>
    public int Ready => ready;

    /// <summary>The number of living servers, as this server heard it last.</summary>
    public int Servers => servers;

    /// <summary>The version that is to answer.</summary>
    internal ModelVersion Wanted { get; }

    /// <summary>The revision of the store that has the change.</summary>
    internal long Revision { get; }

    /// <summary>The revision of the first change that does not answer yet.</summary>
    internal long First { get; }

    /// <summary>When this server learned of it, as a timestamp of its clock.</summary>
    internal long Started { get; }

    /// <summary>Whether this server has the version in memory, or has tried in vain to load it.</summary>
    internal bool IsPrepared
    {
        get => isPrepared;
        set => isPrepared = value;
    }

    /// <summary>Counts the servers that are ready.</summary>
    /// <param name="prepared">The revision up to which each living server is prepared.</param>
    internal void Count(IReadOnlyCollection<long> prepared) =>
        (servers, ready) = (prepared.Count, prepared.Count(revision => revision >= Revision));
}
