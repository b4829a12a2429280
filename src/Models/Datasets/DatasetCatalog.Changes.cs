using ModelService.Models.Datasets.Files;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;

namespace ModelService.Models.Datasets;

/// <content>Changes. Each is on the disk before its task completes.</content>
public sealed partial class DatasetCatalog
{
    /// <summary>Creates an empty data set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="classes">Its classes in the order of a model's outputs; null: the labels of its images.</param>
    /// <returns>The data set; or a failure.</returns>
    public Task<Outcome<Dataset>> CreateAsync(string name, IReadOnlyList<string>? classes) =>
        Outcome.OfAsync(() =>
            changes.RunAsync(() =>
            {
                CheckName(name);
                var known = CheckClasses(classes);
                lock (creation)
                {
                    if (entries.ContainsKey(name))
                        throw new ServingException(ErrorCode.DatasetExists, $"The data set '{name}' exists already.");
                    return Create(name, known);
                }
            })
        );

    /// <summary>Adds the images of an upload. The data set is created if there is none of that name.</summary>
    /// <param name="name">The name of the data set.</param>
    /// <param name="upload">The upload; borrowed.</param>
    /// <param name="cancellationToken">Cancelled when the client leaves. Nothing is changed then.</param>
    /// <returns>What became of each file; or a failure, and nothing was changed.</returns>
    public Task<Outcome<UploadResult>> AddAsync(
        string name,
        DatasetUpload upload,
        CancellationToken cancellationToken
    ) => Outcome.OfAsync(() => uploads.RunAsync(() => Add(name, upload, cancellationToken), cancellationToken));

    /// <summary>Changes what is said about an image.</summary>
    /// <param name="name">The name of the data set.</param>
    /// <param name="id">The id of the image.</param>
    /// <param name="update">What changes.</param>
    /// <returns>The new revision; the same one if nothing changes; or a failure.</returns>
    public Task<Outcome<Dataset>> ChangeAsync(string name, string id, ImageUpdate update) =>
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
                    : Next(dataset) with
                    {
                        Changed = [new ImageChange(id, changed.Label, changed.Split, changed.Group)],
                    };
            }
        );

    /// <summary>Removes images. Earlier revisions still have them, unless they are purged.</summary>
    /// <param name="name">The name of the data set.</param>
    /// <param name="ids">The ids of the images.</param>
    /// <param name="purge">
    /// Whether their bytes are overwritten. Images that were removed before can be purged as well.
    /// </param>
    /// <returns>The new revision; or a failure.</returns>
    public Task<Outcome<Dataset>> RemoveAsync(string name, IReadOnlyList<string> ids, bool purge) =>
        ChangeAsync(
            name,
            (entry, dataset) =>
            {
                var missing = ids.FirstOrDefault(id => dataset.Find(id) is null && !(purge && entry.Files.HasEver(id)));
                return missing is null
                    ? Next(dataset) with
                    {
                        Removed = ids,
                        Purged = purge,
                    }
                    : throw ImageNotFound(name, missing);
            }
        );

    /// <summary>Deletes a data set with all its revisions.</summary>
    /// <param name="name">The name of the data set.</param>
    /// <returns>What was freed; or a failure.</returns>
    public Task<Outcome<DeletedDataset>> DeleteAsync(string name) =>
        Outcome.OfAsync(() =>
            changes.RunAsync(() =>
            {
                var entry = FindEntry(name).OrThrow();
                string staged;
                lock (entry.Gate)
                {
                    if (entry.IsDeleted)
                        throw new ServingException(NotFound(name));
                    staged = folder.Write(entry.Files.MoveOut);
                    entry.IsDeleted = true;
                    entries.TryRemove(name, out _);
                }

                usage.Change(-entry.Images, -entry.Bytes);
                folder.DeleteStaged(staged);
                return new DeletedDataset(name, entry.Bytes);
            })
        );

    // Applies a change that brings no images. A null line changes nothing.
    private Task<Outcome<Dataset>> ChangeAsync(string name, Func<DatasetEntry, Dataset, JournalEntry?> change) =>
        Outcome.OfAsync(() =>
            changes.RunAsync(() =>
            {
                var entry = FindEntry(name).OrThrow();
                lock (entry.Gate)
                {
                    var dataset = entry.Current.OrThrow();
                    if (entry.IsDeleted)
                        throw new ServingException(NotFound(name));
                    if (change(entry, dataset) is not { } line)
                        return dataset;
                    folder.Write(() =>
                    {
                        entry.Files.Journal.Append(line);
                        return line;
                    });
                    dataset = entry.Apply(line, []);
                    if (line.Purged)
                        Purge(entry, line);
                    return dataset;
                }
            })
        );

    private void Purge(DatasetEntry entry, JournalEntry line)
    {
        try
        {
            entry.Files.Overwrite(line);
        }
        catch (Exception exception) when (DatasetEntry.IsDamage(exception))
        {
            LogNotPurged(exception, entry.Name);
            throw new ServingException(
                ErrorCode.StorageUnavailable,
                "The images were removed, but their bytes can't be overwritten now. The next start of the server does "
                    + "it.",
                exception
            );
        }
    }

    private UploadResult Add(string name, DatasetUpload upload, CancellationToken cancellationToken)
    {
        CheckName(name);
        if (LabelRules.CheckGroup(upload.Terms.Group) is { } failure)
            throw new ServingException(failure);
        var isNew = !entries.TryGetValue(name, out var entry);
        var known = entry?.Current.OrThrow();
        if (isNew)
            CheckCount();
        using var intake = new UploadIntake(
            preprocessor,
            pool,
            limits,
            usage,
            folder.Write(() => new PackWriter(folder))
        );
        var content = UploadReader.Open(upload, limits, usage.Room);
        var classes = CheckFound(content.Classes, known);
        folder.Write(() =>
        {
            intake.Run(content, known, upload.Terms.Group, cancellationToken);
            return intake;
        });
        cancellationToken.ThrowIfCancellationRequested();
        if (intake is { Pack.Entries.Count: 0, Report: { Failed: 0, Duplicates: 0 } })
            throw new ServingException(ErrorCode.ArchiveUnreadable, "The archive has no files.");
        if (isNew)
        {
            lock (creation)
            {
                if (!entries.TryGetValue(name, out entry))
                    return CreateFrom(name, intake, classes);
            }
        }

        lock (entry!.Gate)
        {
            known = entry.Current.OrThrow();
            return !entry.IsDeleted ? AddTo(entry, known, intake, classes) : throw new ServingException(NotFound(name));
        }
    }

    private UploadResult CreateFrom(string name, UploadIntake intake, IReadOnlyList<string> classes)
    {
        var kept = intake.Select(null);
        if (kept.Count == 0)
            return new UploadResult(null, IsCreated: false, intake.Report);
        var line = folder.Write(() =>
            new JournalEntry(1, clock.GetUtcNow()) { Pack = intake.Pack.WriteIndex(kept), Classes = OrNull(classes) }
        );
        var dataset = Create(name, null, intake, line, kept);
        return new UploadResult(dataset, IsCreated: true, intake.Report);
    }

    private UploadResult AddTo(DatasetEntry entry, Dataset known, UploadIntake intake, IReadOnlyList<string> classes)
    {
        var kept = intake.Select(known);
        var added = OrNull([.. classes.Except(known.Classes)]);
        if (kept.Count == 0 && added is null)
            return new UploadResult(known, IsCreated: false, intake.Report);
        if (known.Classes.Union(kept.Select(image => image.Label)).Count() > limits.MaxClasses)
            throw DatasetUsage.TooLarge($"a set of more than {limits.MaxClasses} classes", nameof(limits.MaxClasses));
        var line = Next(known) with { Classes = added };
        if (kept.Count > 0)
        {
            line = folder.Write(() =>
            {
                var full = line with { Pack = intake.Pack.WriteIndex(kept) };
                entry.Files.Add(intake.Pack, full);
                return full;
            });
            Keep(entry, intake, line);
        }
        else
        {
            folder.Write(() =>
            {
                entry.Files.Journal.Append(line);
                return line;
            });
        }

        return new UploadResult(
            entry.Apply(line, entry.Files.ToImages(kept, line.Revision)),
            IsCreated: false,
            intake.Report
        );
    }

    // Under the lock of new names.
    private Dataset Create(
        string name,
        IReadOnlyList<string>? classes,
        UploadIntake? intake = null,
        JournalEntry? line = null,
        IReadOnlyList<PackEntry>? kept = null
    )
    {
        CheckCount();
        var facts = new DatasetFacts(DatasetFiles.Schema, line?.At ?? clock.GetUtcNow(), classes);
        var files = new DatasetFiles(folder, name);
        folder.Write(() =>
        {
            files.Create(facts, intake?.Pack, line);
            return files;
        });
        var state = new DatasetState(name, facts);
        if (line is not null)
            state.Apply(line, files.ToImages(kept!, line.Revision));
        var entry = new DatasetEntry(name, files, state);
        if (line is not null)
            Keep(entry, intake!, line);
        entries[name] = entry;
        return entry.Current.OrThrow();
    }

    private static void Keep(DatasetEntry entry, UploadIntake intake, JournalEntry line)
    {
        intake.Keep(line.Pack!.Images);
        (entry.Images, entry.Bytes) = (entry.Images + line.Pack.Images, entry.Bytes + line.Pack.Bytes);
    }

    private JournalEntry Next(Dataset dataset) => new(dataset.Revision + 1, clock.GetUtcNow());

    private static IReadOnlyList<string>? OrNull(IReadOnlyList<string> list) => list.Count > 0 ? list : null;

    private static ServingException ImageNotFound(string name, string id) =>
        new(ErrorCode.ImageNotFound, $"The data set '{name}' has no image '{Suggestions.Shorten(id, 64)}'.");
}
