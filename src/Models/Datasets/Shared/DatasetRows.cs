using ModelService.Models.Datasets.Files;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Postgres;
using Npgsql;

namespace ModelService.Models.Datasets.Shared;

/// <summary>The rows of data sets, as they are read and written.</summary>
internal static class DatasetRows
{
    /// <summary>Reads all data sets, and the lines that were changed after a revision of the store.</summary>
    /// <param name="database">The database.</param>
    /// <param name="since">The revision of the store; -1, or one that the store has not reached: all lines.</param>
    /// <param name="read">
    /// Receives each line, as JSON, with its data set and its pack; those of one data set in order.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The store's revision, the revision that the lines are read from, and the data sets.</returns>
    public static Task<(long Revision, long Since, List<DatasetRow> Datasets)> ReadDatasetsAsync(
        this Database database,
        long since,
        Action<DatasetRow, string, PackRow?> read,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            async connection =>
            {
                var revision = (long)(await connection.ValueAsync("select value from revision"))!;

                // The database was restored from a backup.
                var from = revision < since ? -1 : since;
                var datasets = await connection.RowsAsync(
                    row => new DatasetRow(row.GetGuid(0), row.GetString(1), row.GetString(2)),
                    "select id, name, facts from datasets"
                );
                var byId = datasets.ToDictionary(row => row.Id);
                await using var command = connection.Command(
                    """
                    select dataset, line, pack, pack_index, pack_signatures from dataset_lines
                    where changed > $1 order by dataset, revision
                    """,
                    from
                );
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                while (await reader.ReadAsync(cancellationToken))
                    read(byId[reader.GetGuid(0)], reader.GetString(1), ReadPack(reader));
                return (revision, from, datasets);
            },
            cancellationToken
        );

    /// <summary>Adds a data set.</summary>
    public static Task<int> AddDatasetAsync(this NpgsqlConnection connection, DatasetRow row) =>
        connection.RunAsync(
            "insert into datasets (id, name, facts, revision, images, bytes) values ($1, $2, $3, 0, 0, 0)",
            row.Id,
            row.Name,
            row.Facts
        );

    /// <summary>Adds a line to a data set.</summary>
    /// <param name="connection">The connection, in the transaction of the change.</param>
    /// <param name="row">The line.</param>
    /// <param name="changed">The revision of the store that the change makes.</param>
    /// <exception cref="StoreChangedException">The data set has this revision already, or was deleted.</exception>
    public static async Task AddLineAsync(this NpgsqlConnection connection, LineRow row, long changed)
    {
        var rows = await connection.RunAsync(
            """
            update datasets set revision = $2, images = images + $3, bytes = bytes + $4
            where id = $1 and revision = $2 - 1
            """,
            row.Dataset,
            row.Line.Revision,
            (long)(row.Line.Pack?.Images ?? 0),
            row.Line.Pack?.Bytes ?? 0
        );
        if (rows == 0)
            throw new StoreChangedException();
        await connection.RunAsync(
            """
            insert into dataset_lines (dataset, revision, line, pack, pack_index, pack_signatures, changed)
            values ($1, $2, $3, $4::text, $5::bytea, $6::bytea, $7)
            """,
            row.Dataset,
            row.Line.Revision,
            DatasetJson.Write(row.Line),
            row.Pack?.Blob,
            row.Pack?.Index,
            row.Pack?.Signatures,
            changed
        );
    }

    /// <summary>Replaces the bytes and the signatures of a pack, of which images were purged.</summary>
    /// <param name="connection">The connection, in the transaction of the change.</param>
    /// <param name="dataset">The id of the data set.</param>
    /// <param name="pack">The pack as it is from now on.</param>
    /// <param name="changed">The revision of the store that the change makes.</param>
    public static Task<int> ReplacePackAsync(
        this NpgsqlConnection connection,
        Guid dataset,
        ErasedPack pack,
        long changed
    ) =>
        connection.RunAsync(
            """
            update dataset_lines set pack = $3, pack_signatures = $4, changed = $5
            where dataset = $1 and revision = $2
            """,
            dataset,
            pack.Revision,
            pack.Blob,
            pack.Signatures,
            changed
        );

    private static PackRow? ReadPack(NpgsqlDataReader reader) =>
        reader.IsDBNull(2)
            ? null
            : new PackRow(reader.GetString(2), reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4));
}

/// <summary>A data set.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Facts">What never changes of it, as JSON.</param>
internal sealed record DatasetRow(Guid Id, string Name, string Facts);

/// <summary>A line of the journal of a data set, to be added.</summary>
/// <param name="Dataset">The id of the data set.</param>
/// <param name="Line">The line.</param>
/// <param name="Pack">The pack that it brought; null for none.</param>
internal sealed record LineRow(Guid Dataset, JournalEntry Line, PackRow? Pack = null);

/// <summary>The pack of a line.</summary>
/// <param name="Blob">SHA-256 of the blob with the bytes of the images.</param>
/// <param name="Index">The list of the images.</param>
/// <param name="Signatures">The signatures of the images.</param>
internal sealed record PackRow(string Blob, byte[] Index, byte[] Signatures);

/// <summary>A pack of which images were overwritten.</summary>
/// <param name="Revision">The revision that brought it.</param>
/// <param name="Blob">SHA-256 of the blob with zeros in their place.</param>
/// <param name="Signatures">The signatures, with zeros in their place.</param>
internal sealed record ErasedPack(int Revision, string Blob, byte[] Signatures);
