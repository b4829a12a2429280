using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Datasets.Files;

/// <summary>The data sets in the data folder of one server, each in <c>datasets/NAME</c>.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="table">Receives the data sets.</param>
/// <param name="logger">Logs damaged data sets.</param>
internal sealed partial class FolderDatasetStore(
    DataFolder folder,
    DatasetTable table,
    ILogger<FolderDatasetStore> logger
) : IDatasetStore, IDisposable
{
    private readonly Lane lane = new(4);
    private readonly Lock creation = new(); // of new names

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => Task.Run(Open, cancellationToken);

    /// <inheritdoc/>
    public Task FollowAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<Failure?> CheckWritableAsync(CancellationToken cancellationToken) => Task.FromResult<Failure?>(null);

    /// <inheritdoc/>
    public Task CreateAsync(
        string name,
        DatasetFacts facts,
        DatasetChange? first,
        CancellationToken cancellationToken
    ) =>
        lane.RunAsync(
            () =>
            {
                lock (creation)
                {
                    if (table.Find(name).Value is not null)
                        throw DatasetTable.Exists(name);
                    table.ThrowIfFull(table.List().Count);
                    Create(name, facts, first);
                    return name;
                }
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public Task AppendAsync(DatasetEntry entry, DatasetChange change, CancellationToken cancellationToken) =>
        lane.RunAsync(
            () =>
            {
                folder.Write(() =>
                {
                    if (change.Line.Pack is null)
                        entry.Files.Journal.Append(change.Line);
                    else
                        entry.Files.Add(change.Upload!.Pack, change.Line);
                    return entry;
                });
                Apply(entry, change);
                if (change.Line.Purged)
                    Purge(entry, change.Line);
                return entry;
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public Task DeleteAsync(DatasetEntry entry) =>
        lane.RunAsync(() =>
        {
            var staged = folder.Write(entry.Files.MoveOut);
            table.Remove(entry);
            folder.DeleteStaged(staged);
            return entry;
        });

    /// <inheritdoc/>
    public Task FreeAsync(DatasetChange change) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => lane.Dispose();

    private void Open()
    {
        foreach (var entry in Read(folder, LogForeign, LogDamaged))
        {
            table.Add(entry);
            table.Usage.Change(entry.Images, entry.Bytes);
        }
    }

    /// <summary>Reads the data sets of a data folder.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="foreign">Receives the names of folders that no server has made.</param>
    /// <param name="damaged">Receives the exception and the name of a damaged one.</param>
    internal static IEnumerable<DatasetEntry> Read(
        DataFolder folder,
        Action<string> foreign,
        Action<Exception, string> damaged
    )
    {
        if (!Directory.Exists(folder.Datasets))
            return [];
        var names = new DirectoryInfo(folder.Datasets).GetDirectories().Select(item => item.Name).ToList();
        foreach (var name in names.Where(name => !DatasetCatalog.IsName(name)))
            foreign(name);
        return names
            .Where(DatasetCatalog.IsName)
            .AsParallel()
            .Select(name =>
            {
                var entry = new DatasetEntry(name, FilesOf(folder, name));
                try
                {
                    entry.Open();
                }
                catch (Exception exception) when (DatasetEntry.IsDamage(exception))
                {
                    damaged(exception, name);
                    entry.MarkDamaged(exception);
                }

                return entry;
            });
    }

    /// <summary>The files of a data set in a data folder.</summary>
    internal static DatasetFiles FilesOf(DataFolder folder, string name) =>
        new(folder, name, Path.Combine(folder.Datasets, name));

    private void Create(string name, DatasetFacts facts, DatasetChange? first)
    {
        var files = FilesOf(folder, name);
        folder.Write(() =>
        {
            files.Create(facts, first?.Upload?.Pack, first?.Line);
            return files;
        });
        var entry = new DatasetEntry(name, files, new DatasetState(name, facts));
        if (first is not null)
            Apply(entry, first);
        table.Add(entry);
    }

    private static void Apply(DatasetEntry entry, DatasetChange change)
    {
        var added = entry.Files.ToImages(change.Kept ?? [], change.Line.Revision);
        entry.Apply([(change.Line, change.Line.Pack is null ? [] : added)]);
        if (change.Line.Pack is { } pack)
            change.Upload!.Keep(pack.Images);
    }

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

    [LoggerMessage(LogLevel.Warning, "{Name} in the folder of data sets was not written by this server; it is ignored")]
    private partial void LogForeign(string name);

    [LoggerMessage(LogLevel.Error, "The data set {Name} can't be read")]
    private partial void LogDamaged(Exception exception, string name);

    [LoggerMessage(LogLevel.Error, "Images of the data set {Name} can't be overwritten; the next start does it")]
    private partial void LogNotPurged(Exception exception, string name);
}
