using ModelService.Models.Errors;

namespace ModelService.Models.Storage;

/// <summary>
/// Keeps this server equal to a store that servers share. With a store that one server owns, it does nothing.
/// </summary>
internal interface IStoreSync
{
    /// <summary>Has something else that servers share read again whenever the store has changed.</summary>
    /// <param name="catchUp">
    /// Reads what was changed after a revision; -1: all that there is. It is called once before the server takes
    /// requests, and never twice at a time. When it throws, it is called again in a moment.
    /// </param>
    void Share(Func<long, CancellationToken, Task> catchUp);

    /// <summary>Brings all that is stored now into memory.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The store's revision then; 0 of a store that one server owns.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<long> CatchUpAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Waits until the other servers have what is stored, or count as gone. So whoever made a change sees it
    /// everywhere.
    /// </summary>
    Task SettleAsync();
}
