using ModelService.Models.Storage.Blobs;

namespace ModelService.Models.Storage.Postgres;

/// <summary>
/// The rows of blobs. A blob's row is there before its file and goes after it, so the database knows every file that
/// may be there, and its time tells how old an upload is.
/// </summary>
internal static class BlobRows
{
    /// <summary>The condition of a blob that nothing has. Each table with a column of blobs is in it.</summary>
    public const string IsUnused = """
        not exists (select 1 from versions where weights = sha256 or samples = sha256)
            and not exists (select 1 from dataset_lines where pack = sha256)
            and not exists (select 1 from job_files where file = sha256)
        """;

    /// <summary>
    /// Puts the row of a blob that is about to be uploaded, or makes it new, so that nobody takes the blob for an
    /// orphan until something has it.
    /// </summary>
    /// <param name="database">The database.</param>
    /// <param name="file">The blob.</param>
    public static Task TouchBlobAsync(this Database database, StoredFile file) =>
        database.ChangeAsync(connection =>
            connection.RunAsync(
                """
                insert into blobs (sha256, bytes) values ($1, $2)
                on conflict (sha256) do update set touched = now()
                """,
                file.Sha256,
                file.Bytes
            )
        );

    /// <summary>
    /// Deletes a blob with its row, if nothing has it. The row is locked while the file is deleted: whoever stores the
    /// same file meanwhile waits for that, and then uploads it again.
    /// </summary>
    /// <param name="database">The database.</param>
    /// <param name="blobs">The store of blobs.</param>
    /// <param name="sha256">The blob.</param>
    /// <param name="age">The age from which on it may be deleted.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The number of blobs that were deleted: 0 or 1.</returns>
    /// <exception cref="IOException">The file can't be deleted; then the row stays.</exception>
    public static Task<int> DeleteUnusedBlobAsync(
        this Database database,
        IBlobStore blobs,
        string sha256,
        TimeSpan age,
        CancellationToken cancellationToken
    ) =>
        database.ChangeAsync(async connection =>
        {
            // The row stays locked however long the file takes, or it would be deleted after it was uploaded again.
            await connection.RunAsync("set local idle_in_transaction_session_timeout = 0");
            var rows = await connection.RunAsync(
                $"""
                delete from blobs where sha256 in (
                    select sha256 from blobs where sha256 = $2 and touched < now() - $1::interval and {IsUnused}
                    for update skip locked
                )
                """,
                age,
                sha256
            );
            if (rows > 0)
                await blobs.DeleteAsync(sha256, cancellationToken);
            return rows;
        });
}
