using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>
/// A change of a model's default version that servers which share a store make together. The old version answers until
/// enough of them have the new one in memory. Thread-safe.
/// </summary>
public sealed class Rollout
{
    private volatile bool isPrepared;
    private volatile bool isReleased;
    private volatile int ready;
    private volatile int servers;

    /// <summary>Begins a change of the default version.</summary>
    /// <param name="wanted">The version that is to answer.</param>
    /// <param name="revision">The revision of the store that has the change.</param>
    /// <param name="started">When this server learned of it, as a timestamp of its clock.</param>
    internal Rollout(ModelVersion wanted, long revision, long started)
    {
        (Wanted, Revision, Started) = (wanted, revision, started);
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

    /// <summary>When this server learned of it, as a timestamp of its clock.</summary>
    internal long Started { get; }

    /// <summary>Whether this server has the version in memory, or has tried in vain to load it.</summary>
    internal bool IsPrepared
    {
        get => isPrepared;
        set => isPrepared = value;
    }

    /// <summary>Whether enough servers are ready.</summary>
    internal bool IsReleased
    {
        get => isReleased;
        set => isReleased = value;
    }

    /// <summary>Counts the servers that are ready.</summary>
    /// <param name="all">The living servers.</param>
    internal void Count(IReadOnlyCollection<ServerProgress> all)
    {
        servers = all.Count;
        ready = all.Count(server => server.Reached >= Revision && !server.Preparing.Contains(Wanted.Name));
    }
}
