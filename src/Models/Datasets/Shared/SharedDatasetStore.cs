using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Datasets.Files;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Blobs;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;
using Npgsql;

namespace ModelService.Models.Datasets.Shared;

/// <summary>
/// The data sets in a PostgreSQL database, with the images of each upload as a blob. Several servers share it. The blob
/// is stored and read back first; then a line of the journal makes its images visible, in one transaction.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="blobs">The blobs.</param>
/// <param name="models">The store of models, which is in the same database.</param>
/// <param name="folder">The server's own folder, which has a copy of the lines.</param>
/// <param name="table">Receives the data sets.</param>
/// <param name="datasetOptions">The limits, which hold for all servers together.</param>
/// <param name="blobOptions">The age of orphans.</param>
/// <param name="logger">Logs damaged data sets.</param>
internal sealed partial class SharedDatasetStore(
    Database database,
    BlobFiles blobs,
    IModelStore models,
    DataFolder folder,
    DatasetTable table,
    IOptions<DatasetOptions> datasetOptions,
    IOptions<BlobOptions> blobOptions,
    ILogger<SharedDatasetStore> logger
) : IDatasetStore
{
    private readonly DatasetOptions limits = datasetOptions.Value;

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder.Datasets) && Directory.EnumerateDirectories(folder.Datasets).Any())
            LogLeft(folder.Datasets);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<Failure?> CheckWritableAsync(CancellationToken cancellationToken) =>
        models.CheckWritableAsync(bytes: 0, cancellationToken);

    /// <inheritdoc/>
    public async Task CreateAsync(
        string name,
        DatasetFacts facts,
        DatasetChange? first,
        CancellationToken cancellationToken
    )
    {
        ThrowIfReadOnly();
        var row = new DatasetRow(Guid.NewGuid(), name, DatasetJson.Write(facts));
        await AddAsync(row, first is null ? [] : [await PutAsync(row.Id, first, cancellationToken)]);
        first?.Upload?.Release();
    }

    /// <summary>Copies a data set of a data folder into the database.</summary>
    /// <param name="source">The data set.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="ServingException">As of <see cref="CreateAsync"/>.</exception>
    public async Task ImportAsync(DatasetEntry source, CancellationToken cancellationToken)
    {
        ThrowIfReadOnly();
        var facts = await File.ReadAllTextAsync(source.Files.FactsPath, cancellationToken);
        var row = new DatasetRow(Guid.NewGuid(), source.Name, facts.TrimEnd());
        var lines = source.Files.Lines;
        var stored = new Dictionary<int, StoredFile>();
        foreach (var line in lines.Where(line => line.Pack is not null))
            stored[line.Revision] = await PutAsync(source.Files.PackOf(line.Revision).Path, cancellationToken);
        await AddAsync(
            row,
            lines.Select(line =>
                stored.TryGetValue(line.Revision, out var images)
                    ? RowOf(row.Id, line, images, source.Files.PackOf(line.Revision).Folder)
                    : new LineRow(row.Id, line)
            )
        );
    }

    /// <inheritdoc/>
    public async Task AppendAsync(DatasetEntry entry, DatasetChange change, CancellationToken cancellationToken)
    {
        ThrowIfReadOnly();
        var line = await PutAsync(entry.Id, change, cancellationToken);
        var erased = change.Line.Purged ? await EraseAsync(entry, change, cancellationToken) : [];
        await database.ChangeAsync(async connection =>
        {
            var revision = await Database.RaiseRevisionAsync(connection);
            await AddLineAsync(connection, line, revision);
            foreach (var pack in erased)
                await connection.ReplacePackAsync(entry.Id, pack, revision);
            return line;
        });
        change.Upload?.Release();
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(DatasetEntry entry)
    {
        ThrowIfReadOnly();
        await database.ChangeAsync(async connection =>
        {
            await Database.RaiseRevisionAsync(connection);
            return await connection.RunAsync("delete from datasets where id = $1", entry.Id) > 0
                ? entry
                : throw new ServingException(DatasetTable.NotFound(entry.Name));
        });
    }

    /// <inheritdoc/>
    public async Task FreeAsync(DatasetChange change)
    {
        try
        {
            foreach (var (_, sha256) in change.Erased.Keys)
                await database.DeleteUnusedBlobAsync(blobs.Blobs, sha256, TimeSpan.Zero, CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or ServingException)
        {
            LogNotFreed(exception);
            throw new ServingException(
                ErrorCode.StorageUnavailable,
                "The images were removed, but their bytes can't be deleted from the store of blobs now. A server does "
                    + $"it after {blobOptions.Value.OrphanAge}.",
                exception
            );
        }
    }

    private Task AddAsync(DatasetRow row, IEnumerable<LineRow> lines) =>
        database.ChangeAsync(async connection =>
        {
            var revision = await Database.RaiseRevisionAsync(connection);
            if (await connection.ValueAsync("select 1 from datasets where name = $1", row.Name) is not null)
                throw DatasetTable.Exists(row.Name);
            table.ThrowIfFull((long)(await connection.ValueAsync("select count(*) from datasets"))!);
            await connection.AddDatasetAsync(row);
            foreach (var line in lines)
                await AddLineAsync(connection, line, revision);
            return row;
        });

    // Stores the blob of an upload, once, and makes the row of the line.
    private async Task<LineRow> PutAsync(Guid dataset, DatasetChange change, CancellationToken cancellationToken)
    {
        if (change.Line.Pack is null)
            return new LineRow(dataset, change.Line);
        var pack = change.Upload!.Pack;
        pack.Blob ??= await PutAsync(Path.Combine(pack.Path, PackWriter.Images), cancellationToken);
        return folder.Write(() => RowOf(dataset, change.Line, pack.Blob, pack.Path));
    }

    private async Task<StoredFile> PutAsync(string path, CancellationToken cancellationToken)
    {
        await using var images = folder.Write(() => DurableFiles.Open(path));
        return await blobs.PutAsync(DurableFiles.ReadParts(images), database.TouchBlobAsync, cancellationToken);
    }

    private static LineRow RowOf(Guid dataset, JournalEntry line, StoredFile images, string pack) =>
        new(
            dataset,
            line,
            new PackRow(
                images.Sha256,
                File.ReadAllBytes(Path.Combine(pack, PackWriter.Index)),
                File.ReadAllBytes(Path.Combine(pack, PackWriter.Signatures))
            )
        );

    private async Task AddLineAsync(NpgsqlConnection connection, LineRow line, long revision)
    {
        await connection.AddLineAsync(line, revision);
        if (line.Pack is null)
            return;
        var images = (long)(await connection.ValueAsync("select sum(images)::bigint from datasets"))!;
        var bytes = (long)(await connection.ValueAsync("select sum(bytes)::bigint from datasets"))!;
        if (images > limits.MaxImages)
            throw DatasetUsage.TooLarge($"more than {limits.MaxImages} images", nameof(limits.MaxImages));
        if (bytes > limits.MaxBytes)
            throw DatasetUsage.TooLarge($"more than {limits.MaxBytes} bytes", nameof(limits.MaxBytes));
    }

    // Stores the packs that have images of a purge again, with zeros in their place.
    private async Task<List<ErasedPack>> EraseAsync(
        DatasetEntry entry,
        DatasetChange change,
        CancellationToken cancellationToken
    )
    {
        var ids = change.Line.Removed!.ToHashSet();
        var erased = new List<ErasedPack>();
        var packs = folder.Write(() =>
            entry
                .Files.Lines.SelectMany(entry.Files.ReadPack)
                .Where(image => ids.Contains(image.Id))
                .GroupBy(image => image.Pack)
                .ToList()
        );
        foreach (var purged in packs)
        {
            var (pack, before) = (purged.Key, purged.Key.Blob!);
            if (!change.Erased.TryGetValue((pack.Revision, before.Sha256), out var made))
            {
                await using var file = await blobs.OpenAsync(before, ErrorCode.DatasetUnavailable, cancellationToken);
                var after = await blobs.PutAsync(Erase(file, [.. purged]), database.TouchBlobAsync, cancellationToken);
                var signatures = folder.Write(() => File.ReadAllBytes(pack.Signatures));
                foreach (var image in purged)
                    Array.Clear(signatures, image.Row * ImageSignature.Length, ImageSignature.Length);
                made = new ErasedPack(pack.Revision, after.Sha256, signatures);
                change.Erased[(pack.Revision, before.Sha256)] = made;
            }

            erased.Add(made);
        }

        return erased;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Erase(FileStream file, IReadOnlyList<DatasetImage> images)
    {
        var begin = 0L;
        foreach (var part in DurableFiles.ReadParts(file))
        {
            var bytes = part.ToArray();
            foreach (var image in images)
            {
                var from = Math.Clamp(image.Offset - begin, 0, bytes.Length);
                var to = Math.Clamp(image.Offset + image.Length - begin, 0, bytes.Length);
                Array.Clear(bytes, (int)from, (int)(to - from));
            }

            begin += bytes.Length;
            yield return bytes;
        }
    }

    private void ThrowIfReadOnly()
    {
        if (models.Refusal is { } refusal)
            throw new ServingException(refusal);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Path} has data sets of an earlier release, which servers don't share; storage import brings them into the "
            + "database"
    )]
    private partial void LogLeft(string path);

    [LoggerMessage(LogLevel.Error, "Blobs with purged images can't be deleted now; a later sweep does it")]
    private partial void LogNotFreed(Exception exception);
}
