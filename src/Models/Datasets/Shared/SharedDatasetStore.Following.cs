using System.Text;
using Microsoft.Extensions.Logging;
using ModelService.Models.Datasets.Files;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Datasets.Shared;

/// <content>
/// Brings the rows into memory. The server's folder has a copy of them, in the layout of a data folder but without the
/// bytes of the images, so whatever reads a data set reads files. The copy is made anew when the server starts.
/// </content>
internal sealed partial class SharedDatasetStore
{
    private readonly string copies = Path.Combine(folder.Cache, "datasets");
    private bool hasBegun;
    private long reached = -1; // the revision of the store

    /// <inheritdoc/>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (!hasBegun)
            Delete(copies); // of an earlier process
        hasBegun = true;
        var updates = new Dictionary<Guid, Update>();
        var (revision, since, datasets) = await database.ReadDatasetsAsync(
            reached,
            (row, line, pack) => Copy(UpdateOf(row, updates), line, pack),
            cancellationToken
        );
        var ids = datasets.Select(row => row.Id).ToHashSet();
        foreach (var gone in table.List().Where(entry => !ids.Contains(entry.Id)))
            Remove(gone);
        foreach (var row in datasets)
        {
            var update = UpdateOf(row, updates);
            if (since < 0 || update is { IsNew: true } or { Lines.Count: > 0 } or { Failure: not null })
                Apply(update, row, isWhole: since < 0 || update.IsNew);
        }

        // After an error of the disk, all is read again when something changes.
        reached = updates.Values.Any(update => update.Failure is IOException or UnauthorizedAccessException)
            ? -1
            : revision;
    }

    private Update UpdateOf(DatasetRow row, Dictionary<Guid, Update> updates)
    {
        if (updates.TryGetValue(row.Id, out var update))
            return update;
        if (table.Find(row.Name).Value is { } known && known.Id == row.Id)
            return updates[row.Id] = new Update(known, IsNew: false);
        var files = new DatasetFiles(folder, row.Name, Path.Combine(copies, row.Id.ToString("N")), blobs);
        files.Journal.Flush = static _ => { }; // the rows are durable
        return updates[row.Id] = new Update(new DatasetEntry(row.Name, files) { Id = row.Id }, IsNew: true);
    }

    // The files of a pack count when its line does.
    private static void Copy(Update update, string json, PackRow? row)
    {
        try
        {
            var line = DatasetJson.Read<JournalEntry>(json);
            update.Lines.Add(line);
            if (row is null)
                return;
            var pack = update.Entry.Files.PackOf(line.Revision);
            DurableFiles.CreateFolder(pack.Folder);
            Replace(pack.Index, row.Index);
            Replace(pack.Signatures, row.Signatures);
            pack.Replace(new StoredFile(line.Pack!.Bytes, row.Blob));
        }
        catch (Exception exception) when (DatasetEntry.IsDamage(exception))
        {
            update.Failure = exception;
        }
    }

    private void Apply(Update update, DatasetRow row, bool isWhole)
    {
        var (entry, lines) = (update.Entry, update.Lines);
        var (images, bytes) = (entry.Images, entry.Bytes);
        try
        {
            if (update.Failure is not null)
                throw update.Failure;
            if (isWhole)
                Open(entry, row.Facts, lines);
            else
                Append(entry, lines);
        }
        catch (Exception exception) when (DatasetEntry.IsDamage(exception))
        {
            LogDamaged(exception, entry.Name);
            entry.MarkDamaged(exception);
            update.Failure = exception;
        }

        if (update.IsNew)
            table.Add(entry);
        table.Usage.Change(entry.Images - images, entry.Bytes - bytes);
    }

    private static void Open(DatasetEntry entry, string facts, List<JournalEntry> lines)
    {
        DurableFiles.CreateFolder(entry.Files.Root);
        Replace(entry.Files.FactsPath, Encoding.UTF8.GetBytes(facts));
        entry.Files.Journal.Replace(lines);
        entry.Open();
    }

    // A line that is there already came again since images of its pack were purged.
    private static void Append(DatasetEntry entry, List<JournalEntry> lines)
    {
        if (entry.Current.Value is not { Revision: var current })
            return; // it is damaged
        List<JournalEntry> fresh = [.. lines.Where(line => line.Revision > current)];
        fresh.ForEach(entry.Files.Journal.Append);
        entry.Apply(fresh.Select(line => (line, entry.Files.ReadPack(line))));
    }

    private void Remove(DatasetEntry entry)
    {
        table.Remove(entry);
        foreach (var pack in entry.Files.KnownPacks)
            pack.Delete();
        Delete(entry.Files.Root);
    }

    private void Delete(string path)
    {
        try
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotDeleted(exception, path);
        }
    }

    // Whoever reads the file meanwhile has the one before.
    private static void Replace(string path, byte[] content)
    {
        var written = path + ".new";
        File.WriteAllBytes(written, content);
        File.Move(written, path, overwrite: true);
    }

    [LoggerMessage(LogLevel.Error, "The data set {Name} can't be read")]
    private partial void LogDamaged(Exception exception, string name);

    [LoggerMessage(LogLevel.Warning, "{Path} can't be deleted now; the next start of the server deletes it")]
    private partial void LogNotDeleted(Exception exception, string path);

    // The lines of a data set that were changed.
    private sealed record Update(DatasetEntry Entry, bool IsNew)
    {
        public List<JournalEntry> Lines { get; } = [];

        public Exception? Failure { get; set; }
    }
}
