using ModelService.Models.Datasets.Files;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Blobs;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Datasets.Shared;

/// <summary>Copies data sets between a data folder and the database, with all their revisions.</summary>
/// <param name="store">The data sets in the database.</param>
/// <param name="table">Those data sets in memory.</param>
/// <param name="blobs">Their images.</param>
internal sealed class DatasetCopy(SharedDatasetStore store, DatasetTable table, BlobFiles blobs) : IFolderCopy
{
    /// <inheritdoc/>
    public async Task<int> CopyAsync(
        DataFolder folder,
        bool isExport,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        await store.FollowAsync(cancellationToken);
        var inFolder = FolderDatasetStore
            .Read(folder, foreign: _ => { }, damaged: (_, _) => { })
            .ToDictionary(entry => entry.Name);
        var inDatabase = table.List().ToDictionary(entry => entry.Name);
        var (source, target) = isExport ? (inDatabase, inFolder) : (inFolder, inDatabase);
        var failures = 0;
        foreach (var entry in source.Values.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            var there = target.GetValueOrDefault(entry.Name);
            var problem = Compare(entry, there);
            if (problem is null && there is null)
            {
                if (isExport)
                    await ExportAsync(folder, entry, cancellationToken);
                else
                    await store.ImportAsync(entry, cancellationToken);
            }

            failures += problem is null ? 0 : 1;
            report($"data set {entry.Name}: {problem ?? (there is null ? "copied" : "is there already")}");
        }

        return failures;
    }

    private static string? Compare(DatasetEntry entry, DatasetEntry? there)
    {
        if (entry.Damage is not null)
            return $"It can't be read: {entry.Damage}";
        return there is null || (there.Damage is null && LinesOf(entry).SequenceEqual(LinesOf(there)))
            ? null
            : "The target has another data set of this name.";
    }

    // The lines have the hash of the list of each pack, so equal lines are equal data sets.
    private static IEnumerable<string> LinesOf(DatasetEntry entry) =>
        entry.Files.Lines.Select(line => Convert.ToBase64String(DatasetJson.WriteLine(line)));

    private async Task ExportAsync(DataFolder folder, DatasetEntry entry, CancellationToken cancellationToken)
    {
        var target = FolderDatasetStore.FilesOf(folder, entry.Name);
        var staged = folder.NewStagingPath();
        try
        {
            var files = new DatasetFiles(folder, entry.Name, staged);
            Write(files.FactsPath, entry.Files.FactsPath);
            folder.Write(() =>
            {
                DurableFiles.CreateFolder(files.PacksPath);
                files.Journal.Create(entry.Files.Lines);
                return files;
            });
            foreach (var line in entry.Files.Lines.Where(line => line.Pack is not null))
            {
                var (from, to) = (entry.Files.PackOf(line.Revision), files.PackOf(line.Revision));
                Write(to.Index, from.Index);
                Write(to.Signatures, from.Signatures);
                await using var images = await blobs.OpenAsync(
                    from.Blob!,
                    ErrorCode.DatasetUnavailable,
                    cancellationToken
                );
                folder.Write(() => DurableFiles.Write(to.Path, DurableFiles.ReadParts(images)));
                folder.FlushFolder(to.Folder);
            }

            folder.Write(() =>
            {
                folder.FlushFolder(files.PacksPath);
                folder.FlushFolder(staged);
                folder.Move(staged, target.Root, flushed: target.Root);
                return target;
            });
        }
        finally
        {
            folder.DeleteStaged(staged);
        }

        void Write(string to, string from) =>
            folder.Write(() =>
            {
                DurableFiles.CreateFolder(Path.GetDirectoryName(to)!);
                return DurableFiles.Write(to, [File.ReadAllBytes(from)]);
            });
    }
}
