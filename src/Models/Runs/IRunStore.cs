using System.Text.Json;
using ModelService.Models.Errors;

namespace ModelService.Models.Runs;

/// <summary>
/// Keeps the runs of a kind beyond the process, and gives this server those that it is to run. Thread-safe. Methods
/// throw a <see cref="ServingException"/> with <see cref="ErrorCode.StorageUnavailable"/> when the store can't be used.
/// </summary>
/// <typeparam name="TRun">The kind of run.</typeparam>
internal interface IRunStore<TRun>
    where TRun : Run
{
    /// <summary>What only servers that share their runs count; null for a server by itself.</summary>
    LeaseCounts? Leases { get; }

    /// <summary>Reads what is stored, when the server starts.</summary>
    void Open();

    /// <summary>Counts the runs that wait, and those that run.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task<(long Queued, long Running)> CountAsync(CancellationToken cancellationToken);

    /// <summary>The runs, newest first.</summary>
    /// <param name="model">Of this model only; null: of all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<RunStatus<TRun>>> ListAsync(string? model, CancellationToken cancellationToken);

    /// <summary>Finds a run; null when there is none.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<RunStatus<TRun>?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Says why no run can be added now; null when one can.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns><see cref="ErrorCode.Overloaded"/> or <see cref="ErrorCode.ReadOnly"/>.</returns>
    Task<Failure?> CheckRoomAsync(CancellationToken cancellationToken);

    /// <summary>Adds a run that waits, and forgets the oldest that have ended.</summary>
    /// <param name="run">The run.</param>
    /// <param name="staged">The folder with its files; it may be moved.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether the id was free; if not, nothing was added.</returns>
    Task<bool> AddAsync(TRun run, string staged, CancellationToken cancellationToken);

    /// <summary>Ends a run, and waits until it has ended, unless it is kept.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="keep">Whether what it has reached becomes a version.</param>
    /// <param name="cancellationToken">Gives up the wait.</param>
    Task CancelAsync(string id, bool keep, CancellationToken cancellationToken);

    /// <summary>Forgets a run that has ended.</summary>
    /// <param name="id">Its id.</param>
    Task RemoveAsync(string id);

    /// <summary>Reads the events of a run, and waits for further ones until it has ended.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="after">The id of the last event that the reader knows; 0: none.</param>
    /// <param name="follow">Whether to wait.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<JsonElement> ReadEventsAsync(
        string id,
        long after,
        bool follow,
        CancellationToken cancellationToken
    );

    /// <summary>Gives the runs that this server is to run, one after another; waits for further ones.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<RunEntry<TRun>> TakeAsync(CancellationToken cancellationToken);
}

/// <summary>The counts of a server that shares runs with others.</summary>
/// <param name="Held">Those that it runs.</param>
/// <param name="Takeovers">Those that it took from servers that were silent for too long.</param>
/// <param name="Lost">Those that others took from it.</param>
internal sealed record LeaseCounts(long Held, long Takeovers, long Lost);
