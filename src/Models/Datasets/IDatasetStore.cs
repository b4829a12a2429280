using ModelService.Models.Datasets.Files;
using ModelService.Models.Datasets.Shared;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Models.Datasets;

/// <summary>
/// Keeps data sets beyond the process. When a method that writes completes, the change is durable; when it throws,
/// nothing has changed. A store that one server owns has brought the change into memory then; one that servers share
/// does that when it follows. Thread-safe, but the caller changes one data set at a time.
/// </summary>
/// <remarks>
/// Methods that write throw a <see cref="ServingException"/>: <see cref="ErrorCode.ReadOnly"/>,
/// <see cref="ErrorCode.StorageUnavailable"/>, or, with more images or data sets than there may be,
/// <see cref="ErrorCode.DatasetTooLarge"/>. <c>DatasetStoreContract</c> in the tests is the contract that every store
/// passes.
/// </remarks>
internal interface IDatasetStore
{
    /// <summary>
    /// Brings the data sets into memory when the server starts. A damaged one is there as such; the others can be used.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Brings what other servers have changed into memory. Called by one thread at a time, and again after a failure.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task FollowAsync(CancellationToken cancellationToken);

    /// <summary>Finds out whether data sets can be changed now, as far as that is known without trying.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Why they can't; null when they can, or when nobody knows.</returns>
    Task<Failure?> CheckWritableAsync(CancellationToken cancellationToken);

    /// <summary>Creates a data set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="facts">What never changes of it.</param>
    /// <param name="first">The upload that makes its first revision; null for an empty data set.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.DatasetExists"/>, and those above.</exception>
    Task CreateAsync(string name, DatasetFacts facts, DatasetChange? first, CancellationToken cancellationToken);

    /// <summary>Adds a revision to a data set.</summary>
    /// <param name="entry">The data set.</param>
    /// <param name="change">How the revision differs from the current one.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="StoreChangedException">
    /// Another server has changed the data set since. The caller decides anew.
    /// </exception>
    Task AppendAsync(DatasetEntry entry, DatasetChange change, CancellationToken cancellationToken);

    /// <summary>Deletes a data set with all its revisions.</summary>
    /// <param name="entry">The data set.</param>
    Task DeleteAsync(DatasetEntry entry);

    /// <summary>Frees what a change replaced, once all servers have the change.</summary>
    /// <param name="change">The change.</param>
    Task FreeAsync(DatasetChange change);
}

/// <summary>How a revision of a data set differs from the one before.</summary>
/// <param name="Line">Its line of the journal.</param>
/// <param name="Upload">The upload that brought its images; null when it brings none.</param>
/// <param name="Kept">Those of the upload that are in the data set from now on.</param>
internal sealed record DatasetChange(
    JournalEntry Line,
    UploadIntake? Upload = null,
    IReadOnlyList<PackEntry>? Kept = null
)
{
    /// <summary>
    /// With a store that servers share, the packs of a purge, by their revision and the blob that they replace. A
    /// change that is decided anew keeps them, since it takes long to make them.
    /// </summary>
    public Dictionary<(int Revision, string Blob), ErasedPack> Erased { get; init; } = [];
}
