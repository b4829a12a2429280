using ModelService.Models.Errors;

namespace ModelService.Models.Storage;

/// <summary>
/// A store that several servers share. Each change raises its revision, so a server that knows all up to a revision has
/// missed nothing.
/// </summary>
internal interface ISharedModelStore : IModelStore
{
    /// <summary>Tells the store that this server lives.</summary>
    /// <param name="reached">The revision that it serves.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The store's revision now.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<long> BeatAsync(long reached, CancellationToken cancellationToken);

    /// <summary>Reads the addresses of the living servers that forward requests to each other.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<IReadOnlyList<string>> ReadServersAsync(CancellationToken cancellationToken);

    /// <summary>Tells the store that this server is leaving. Does nothing when the store can't be reached.</summary>
    Task LeaveAsync();

    /// <summary>Reads what was changed after a revision, and the names of all that there is, at one moment.</summary>
    /// <param name="since">The revision; -1 for all that there is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The changes; null when there are none.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<StoreChanges?> ReadChangesAsync(long since, CancellationToken cancellationToken);

    /// <summary>Counts the living servers that have not reached the present revision.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<long> CountBehindAsync(CancellationToken cancellationToken);

    /// <summary>Listens for changes, until the connection is lost or the token fires.</summary>
    /// <param name="hear">Runs when a change was made, and once when listening begins.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task ListenAsync(Action hear, CancellationToken cancellationToken);

    /// <summary>The counts of the files that this server keeps and fetches.</summary>
    CacheStatistics Cache { get; }
}

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
