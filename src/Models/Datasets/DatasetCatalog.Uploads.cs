using ModelService.Models.Datasets.Files;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;

namespace ModelService.Models.Datasets;

/// <content>Takes the images of uploads.</content>
public sealed partial class DatasetCatalog
{
    private async Task<UploadResult> UploadAsync(string name, DatasetUpload upload, CancellationToken cancellationToken)
    {
        var (intake, classes) = await intakes.RunAsync(
            () => TakeIn(name, upload, cancellationToken),
            cancellationToken
        );
        using var disposing = intake;
        if (table.Find(name).Value is null)
        {
            try
            {
                return await CreateFromAsync(name, intake, classes, cancellationToken);
            }
            catch (ServingException exception) when (exception.Code == ErrorCode.DatasetExists)
            {
                // Another upload has created it meanwhile.
            }
        }

        return await AddToAsync(name, intake, classes, cancellationToken);
    }

    // Takes the images of an upload into a pack in the staging folder. Blocks its thread.
    private (UploadIntake Intake, IReadOnlyList<string> Classes) TakeIn(
        string name,
        DatasetUpload upload,
        CancellationToken cancellationToken
    )
    {
        var known = table.Find(name).Value?.Current.OrThrow();
        if (known is null)
            table.ThrowIfFull(table.List().Count);
        var intake = new UploadIntake(
            preprocessor,
            pool,
            limits,
            table.Usage,
            folder.Write(() => new PackWriter(folder))
        );
        try
        {
            var content = UploadReader.Open(upload, limits, table.Usage.Room);
            var classes = CheckFound(content.Classes, known);
            folder.Write(() =>
            {
                intake.Run(content, known, upload.Terms.Group, cancellationToken);
                return intake;
            });
            cancellationToken.ThrowIfCancellationRequested();
            return intake is { Pack.Entries.Count: 0, Report: { Failed: 0, Duplicates: 0 } }
                ? throw new ServingException(ErrorCode.ArchiveUnreadable, "The archive has no files.")
                : (intake, classes);
        }
        catch
        {
            intake.Dispose();
            throw;
        }
    }

    private async Task<UploadResult> CreateFromAsync(
        string name,
        UploadIntake intake,
        IReadOnlyList<string> classes,
        CancellationToken cancellationToken
    )
    {
        var kept = intake.Select(null);
        Dataset? dataset = null;
        if (kept.Count > 0)
        {
            var line = new JournalEntry(1, clock.GetUtcNow()) { Classes = OrNull(classes) };
            var first = await changes.RunAsync(() => Change(line, intake, kept), cancellationToken);
            var facts = new DatasetFacts(DatasetFiles.Schema, line.At);
            dataset = await CreateAsync(name, facts, first, cancellationToken);
        }

        intake.Complete(null);
        return new UploadResult(dataset, IsCreated: dataset is not null, intake.Report);
    }

    private async Task<UploadResult> AddToAsync(
        string name,
        UploadIntake intake,
        IReadOnlyList<string> classes,
        CancellationToken cancellationToken
    )
    {
        Dataset? before = null;
        var after = await ChangeAsync(
            name,
            (_, known) =>
            {
                before = known;
                var kept = intake.Select(known);
                var added = OrNull([.. classes.Except(known.Classes)]);
                if (kept.Count == 0 && added is null)
                    return null;
                if (known.HasFixedClasses && kept.Find(image => !known.Classes.Contains(image.Label)) is { } other)
                {
                    throw new ServingException(
                        ErrorCode.LabelInvalid,
                        $"The data set was created meanwhile, and '{other.Label}' is not a class of it. Nothing was "
                            + "changed."
                    );
                }

                if (known.Classes.Union(kept.Select(image => image.Label)).Count() > limits.MaxClasses)
                {
                    throw DatasetUsage.TooLarge(
                        $"a set of more than {limits.MaxClasses} classes",
                        nameof(limits.MaxClasses)
                    );
                }

                return Change(Next(known) with { Classes = added }, intake, kept);
            },
            cancellationToken
        );
        intake.Complete(before);
        return new UploadResult(after, IsCreated: false, intake.Report);
    }

    private DatasetChange Change(JournalEntry line, UploadIntake intake, IReadOnlyList<PackEntry> kept) =>
        kept.Count == 0
            ? new DatasetChange(line)
            : folder.Write(() => new DatasetChange(line with { Pack = intake.Pack.WriteIndex(kept) }, intake, kept));

    private static IReadOnlyList<string>? OrNull(IReadOnlyList<string> list) => list.Count > 0 ? list : null;
}
