using ModelService.Models.Errors;

namespace ModelService.Models.Storage;

/// <summary>
/// A store that several servers share. Each change raises its revision, so a server that knows all up to a revision has
/// missed nothing.
/// </summary>
internal interface ISharedModelStore : IModelStore
{
    /// <summary>
    /// What names this server in the store until it ends. Nobody else knows it but the servers that share the store.
    /// </summary>
    Guid Server { get; }

    /// <summary>Tells the store that this server lives.</summary>
    /// <param name="progress">How far it has come.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the store says.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<StoreBeat> BeatAsync(ServerProgress progress, CancellationToken cancellationToken);

    /// <summary>Has all servers answer by the default version that a model has at a revision.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="revision">The revision.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task ReleaseAsync(string model, long revision);

    /// <summary>Reads the living servers that forward requests to each other.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<IReadOnlyList<ServerAddress>> ReadServersAsync(CancellationToken cancellationToken);

    /// <summary>Tells the store that this server is leaving. Does nothing when the store can't be reached.</summary>
    Task LeaveAsync();

    /// <summary>Reads what was changed after a revision, and the names of all that there is, at one moment.</summary>
    /// <param name="since">The revision; -1 for all that there is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The changes; null when there are none.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<StoreChanges?> ReadChangesAsync(long since, CancellationToken cancellationToken);

    /// <summary>Counts the other living servers that have not reached a revision.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="model">A model by whose default version they must answer; null: none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<long> CountBehindAsync(long revision, string? model, CancellationToken cancellationToken);

    /// <summary>Listens for changes, until the connection is lost or the token fires.</summary>
    /// <param name="hear">Runs when a change was made, and once when listening begins.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task ListenAsync(Action hear, CancellationToken cancellationToken);

    /// <summary>The counts of the files that this server keeps and fetches.</summary>
    CacheStatistics Cache { get; }
}

/// <summary>How far a server has come with the changes of a store.</summary>
/// <param name="Reached">The revision that it has in memory.</param>
/// <param name="Preparing">The models whose new default version it has still to load.</param>
/// <param name="Pending">The models whose new default version does not answer yet: these, and others.</param>
internal sealed record ServerProgress(long Reached, IReadOnlyList<string> Preparing, IReadOnlyList<string> Pending);

/// <summary>A server to which others forward requests.</summary>
/// <param name="Server">As <see cref="ISharedModelStore.Server"/>.</param>
/// <param name="Address">Where the others reach it.</param>
internal sealed record ServerAddress(Guid Server, string Address);

/// <summary>What a store says of itself and of the servers that share it.</summary>
/// <param name="Revision">The store's revision.</param>
/// <param name="Servers">All living servers, this one too.</param>
/// <param name="Released">
/// The revision that was released of each model whose new default version does not answer here yet.
/// </param>
internal sealed record StoreBeat(
    long Revision,
    IReadOnlyCollection<ServerProgress> Servers,
    IReadOnlyDictionary<string, long> Released
);

/// <summary>What was changed in a store.</summary>
/// <param name="Revision">The store's revision.</param>
/// <param name="Changed">The models that were changed, each with the versions that were.</param>
/// <param name="Existing">All models, with the numbers of all of their versions.</param>
internal sealed record StoreChanges(
    long Revision,
    IReadOnlyList<StoredModel> Changed,
    IReadOnlyDictionary<string, IReadOnlySet<int>> Existing
);

/// <summary>The counts of a server's cache of blobs.</summary>
/// <param name="Bytes">Bytes in the cache.</param>
/// <param name="Hits">Files that were opened from the cache.</param>
/// <param name="Misses">Files that were not in it.</param>
/// <param name="Errors">Errors of the store of blobs.</param>
internal sealed record CacheStatistics(long Bytes, long Hits, long Misses, long Errors);

/// <summary>Another server has changed the model since its settings were read.</summary>
internal sealed class StoreChangedException()
    : Exception("Another server has changed the model since its settings were read.");
