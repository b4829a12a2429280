using ModelService.Models.Datasets.Files;
using ModelService.Models.Datasets.Shared;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Models.Datasets;

/// <content>Changes. Each is on the disk before its task completes.</content>
public sealed partial class DatasetCatalog
{
    // A change is decided anew when another server was faster. Each time, that one's change is made.
    private const int Attempts = 100;

    /// <summary>Finds out whether images could be added to a data set, before an upload is received.</summary>
    /// <param name="name">The name of the data set, which need not exist.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Why they can't; null when they can, or when nobody knows.</returns>
    public async Task<Failure?> CheckUploadAsync(string name, CancellationToken cancellationToken) =>
        Find(name).Failure is { Code: not ErrorCode.DatasetNotFound } unusable
            ? unusable
            : await store.CheckWritableAsync(cancellationToken);

    /// <summary>Creates an empty data set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="classes">Its classes in the order of a model's outputs; null: the labels of its images.</param>
    /// <returns>The data set; or a failure.</returns>
    public Task<Outcome<Dataset>> CreateAsync(string name, IReadOnlyList<string>? classes) =>
        Outcome.OfAsync(() =>
        {
            CheckName(name);
            var facts = new DatasetFacts(DatasetFiles.Schema, clock.GetUtcNow(), CheckClasses(classes));
            return CreateAsync(name, facts, first: null, CancellationToken.None);
        });

    /// <summary>Adds the images of an upload. The data set is created if there is none of that name.</summary>
    /// <param name="name">The name of the data set.</param>
    /// <param name="upload">The upload; borrowed.</param>
    /// <param name="cancellationToken">Cancelled when the client leaves. Nothing is changed then.</param>
    /// <returns>What became of each file; or a failure, and nothing was changed.</returns>
    public Task<Outcome<UploadResult>> AddAsync(
        string name,
        DatasetUpload upload,
        CancellationToken cancellationToken
    ) =>
        Outcome.OfAsync(async () =>
        {
            CheckName(name);
            if (LabelRules.CheckGroup(upload.Terms.Group) is { } failure)
                throw new ServingException(failure);
            await sync.CatchUpAsync(cancellationToken);
            await uploads.WaitAsync(cancellationToken);
            try
            {
                return await UploadAsync(name, upload, cancellationToken);
            }
            finally
            {
                uploads.Release();
            }
        });

    /// <summary>Changes what is said about an image.</summary>
    /// <param name="name">The name of the data set.</param>
    /// <param name="id">The id of the image.</param>
    /// <param name="update">What changes.</param>
    /// <returns>The new revision; the same one if nothing changes; or a failure.</returns>
    public Task<Outcome<Dataset>> ChangeAsync(string name, string id, ImageUpdate update) =>
        Outcome.OfAsync(() =>
            ChangeAsync(
                name,
                (_, dataset) =>
                {
                    var image = dataset.Find(id) ?? throw ImageNotFound(name, id);
                    var label = update.Label is null ? image.Label : CheckLabel(update.Label, dataset);
                    var changed = image with
                    {
                        Label = label,
                        Split = update.ChangesSplit ? update.Split : image.Split,
                        Group = update.ChangesGroup ? update.Group : image.Group,
                    };
                    return changed == image
                        ? null
                        : new DatasetChange(
                            Next(dataset) with
                            {
                                Changed = [new ImageChange(id, changed.Label, changed.Split, changed.Group)],
                            }
                        );
                },
                CancellationToken.None
            )
        );

    /// <summary>Removes images. Earlier revisions still have them, unless they are purged.</summary>
    /// <param name="name">The name of the data set.</param>
    /// <param name="ids">The ids of the images.</param>
    /// <param name="purge">
    /// Whether their bytes are overwritten. Images that were removed before can be purged as well.
    /// </param>
    /// <returns>The new revision; or a failure.</returns>
    public Task<Outcome<Dataset>> RemoveAsync(string name, IReadOnlyList<string> ids, bool purge)
    {
        Dictionary<(int, string), ErasedPack> erased = [];
        return Outcome.OfAsync(() => ChangeAsync(name, Decide, CancellationToken.None));

        DatasetChange Decide(DatasetEntry entry, Dataset dataset)
        {
            var missing = ids.FirstOrDefault(id => dataset.Find(id) is null && !(purge && entry.Files.HasEver(id)));
            var line = Next(dataset) with { Removed = ids, Purged = purge };
            return missing is null ? new DatasetChange(line) { Erased = erased } : throw ImageNotFound(name, missing);
        }
    }

    /// <summary>Deletes a data set with all its revisions.</summary>
    /// <param name="name">The name of the data set.</param>
    /// <returns>What was freed; or a failure.</returns>
    public Task<Outcome<DeletedDataset>> DeleteAsync(string name) =>
        Outcome.OfAsync(async () =>
        {
            var entry = await FindAsync(name, CancellationToken.None);
            await entry.Changes.WaitAsync();
            try
            {
                await sync.CatchUpAsync(CancellationToken.None);
                if (entry.IsDeleted)
                    throw new ServingException(DatasetTable.NotFound(name));
                await store.DeleteAsync(entry);
            }
            finally
            {
                entry.Changes.Release();
            }

            await LearnAsync();
            await sync.SettleAsync();
            return new DeletedDataset(name, entry.Bytes);
        });

    // Another server may have made the data set a moment ago.
    private async Task<DatasetEntry> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (table.Find(name).Value is null)
            await sync.CatchUpAsync(cancellationToken);
        return table.Find(name).OrThrow();
    }

    private async Task<Dataset> CreateAsync(
        string name,
        DatasetFacts facts,
        DatasetChange? first,
        CancellationToken cancellationToken
    )
    {
        await store.CreateAsync(name, facts, first, cancellationToken);
        await LearnAsync();
        await sync.SettleAsync();
        return table.Find(name).OrThrow().Find(first?.Line.Revision ?? 0).OrThrow();
    }

    // Makes one change of a data set at a time, and completes when all servers have it. A null changes nothing.
    private async Task<Dataset> ChangeAsync(
        string name,
        Func<DatasetEntry, Dataset, DatasetChange?> decide,
        CancellationToken cancellationToken
    )
    {
        var entry = await FindAsync(name, cancellationToken);
        DatasetChange? change;
        Dataset changed;
        await entry.Changes.WaitAsync(cancellationToken);
        try
        {
            change = await CommitAsync(entry, decide, cancellationToken);
            if (change is null)
                return entry.Current.OrThrow();
            await LearnAsync();
            changed = entry.Find(change.Line.Revision).OrThrow();
        }
        finally
        {
            entry.Changes.Release();
        }

        await sync.SettleAsync();
        await store.FreeAsync(change);
        return changed;
    }

    private async Task<DatasetChange?> CommitAsync(
        DatasetEntry entry,
        Func<DatasetEntry, Dataset, DatasetChange?> decide,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            await sync.CatchUpAsync(cancellationToken);
            var dataset = entry.Current.OrThrow();
            if (entry.IsDeleted)
                throw new ServingException(DatasetTable.NotFound(entry.Name));
            var change = await changes.RunAsync(() => decide(entry, dataset), cancellationToken);
            if (change is null)
                return null;
            try
            {
                await store.AppendAsync(entry, change, cancellationToken);
                return change;
            }
            catch (StoreChangedException) when (attempt < Attempts) { }
            catch (StoreChangedException exception)
            {
                throw new ServingException(
                    ErrorCode.StorageUnavailable,
                    $"Other servers change the data set '{entry.Name}' all the time. Nothing was changed.",
                    exception
                );
            }
        }
    }

    // Brings a change that is stored into memory.
    private async Task LearnAsync()
    {
        try
        {
            await sync.CatchUpAsync(CancellationToken.None);
        }
        catch (ServingException exception)
        {
            throw new ServingException(
                exception.Failure with
                {
                    Detail = "The change is stored, but this server can't read it now. Look, before you try again.",
                },
                exception
            );
        }
    }

    private JournalEntry Next(Dataset dataset) => new(dataset.Revision + 1, clock.GetUtcNow());

    private static ServingException ImageNotFound(string name, string id) =>
        new(ErrorCode.ImageNotFound, $"The data set '{name}' has no image '{Suggestions.Shorten(id, 64)}'.");
}
