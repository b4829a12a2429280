using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;

namespace ModelService.Models.Training.Runs;

/// <summary>
/// Keeps the trainings beyond the process, and gives this server those that it is to run. Thread-safe. Methods throw a
/// <see cref="ServingException"/> with <see cref="ErrorCode.StorageUnavailable"/> when the store can't be used.
/// </summary>
internal interface IRunStore
{
    /// <summary>What only servers that share their trainings count; null for a server by itself.</summary>
    LeaseCounts? Leases { get; }

    /// <summary>Reads what is stored, when the server starts.</summary>
    void Open();

    /// <summary>Counts the trainings that wait, and those that run.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task<(long Queued, long Running)> CountAsync(CancellationToken cancellationToken);

    /// <summary>The trainings, newest first.</summary>
    /// <param name="model">Of this model only; null: of all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<TrainingStatus>> ListAsync(string? model, CancellationToken cancellationToken);

    /// <summary>Finds a training; null when there is none.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<TrainingStatus?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Says why no training can be added now; null when one can.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns><see cref="ErrorCode.Overloaded"/> or <see cref="ErrorCode.ReadOnly"/>.</returns>
    Task<Failure?> CheckRoomAsync(CancellationToken cancellationToken);

    /// <summary>Adds a training that waits, and forgets the oldest that have ended.</summary>
    /// <param name="run">The training.</param>
    /// <param name="staged">The folder with its files; it may be moved.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether the id was free; if not, nothing was added.</returns>
    Task<bool> AddAsync(TrainingRun run, string staged, CancellationToken cancellationToken);

    /// <summary>Ends a training, and waits until it has ended, unless it is kept.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="keep">Whether what it has reached becomes a version.</param>
    /// <param name="cancellationToken">Gives up the wait.</param>
    Task CancelAsync(string id, bool keep, CancellationToken cancellationToken);

    /// <summary>Forgets a training that has ended.</summary>
    /// <param name="id">Its id.</param>
    Task RemoveAsync(string id);

    /// <summary>Reads the events of a training, and waits for further ones until it has ended.</summary>
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

    /// <summary>Gives the trainings that this server is to run, one after another; waits for further ones.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<RunEntry> TakeAsync(CancellationToken cancellationToken);
}

/// <summary>A training, and how far it is.</summary>
/// <param name="Run">The training.</param>
/// <param name="Progress">Its last event of a step; null when there is none, or it does not run.</param>
/// <param name="Best">Its last event of a best epoch; null when there is none, or it does not run.</param>
public sealed record TrainingStatus(TrainingRun Run, JsonObject? Progress, JsonObject? Best);

/// <summary>The counts of a server that shares trainings with others.</summary>
/// <param name="Held">The trainings that it runs.</param>
/// <param name="Takeovers">Those that it took from servers that were silent for too long.</param>
/// <param name="Lost">Those that others took from it.</param>
internal sealed record LeaseCounts(long Held, long Takeovers, long Lost);
