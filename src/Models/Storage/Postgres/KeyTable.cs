using ModelService.Models.Errors;
using Npgsql;

namespace ModelService.Models.Storage.Postgres;

/// <summary>The API keys in the database. Each change raises the revision, so that all servers learn of it.</summary>
/// <param name="database">The database.</param>
internal sealed class KeyTable(Database database)
{
    /// <summary>Reads all keys, those that were revoked too, if one was changed after a revision.</summary>
    /// <param name="since">The revision; -1 for all that there are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The keys, oldest first; empty when none was changed.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public Task<List<StoredKey>> ReadAsync(long since, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.RowsAsync(
                    Read,
                    """
                    select name, sha256, scopes, expires, created_by, created, revoked, revoked_by, expires - now()
                    from keys where (select max(revision) from keys) > $1 order by created, name
                    """,
                    since
                ),
            cancellationToken
        );

    /// <summary>Stores a key.</summary>
    /// <param name="key">The key; the database knows when it is made.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.KeyExists"/>, <see cref="ErrorCode.StorageUnavailable"/>.
    /// </exception>
    public Task AddAsync(StoredKey key) =>
        database.ChangeAsync(async connection =>
        {
            var revision = await Database.RaiseRevisionAsync(connection);
            var added = await connection.RunAsync(
                """
                insert into keys (name, sha256, scopes, expires, created_by, revision)
                values ($1, $2, $3, $4::timestamptz, $5::text, $6) on conflict do nothing
                """,
                key.Name,
                key.Sha256,
                key.Scopes.ToArray(),
                key.Expires?.ToUniversalTime(),
                key.CreatedBy,
                revision
            );
            return added == 1
                ? added
                : throw new ServingException(
                    ErrorCode.KeyExists,
                    $"There is, or was, a key named '{key.Name}'. A name is used once: choose another one."
                );
        });

    /// <summary>Revokes a key; one that is revoked stays as it is.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="by">The name of the key that revokes it; null: none.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.KeyNotFound"/>, <see cref="ErrorCode.StorageUnavailable"/>.
    /// </exception>
    public Task RevokeAsync(string name, string? by) =>
        database.ChangeAsync(async connection =>
        {
            var revision = await Database.RaiseRevisionAsync(connection);
            var found = await connection.RunAsync(
                """
                update keys set
                    revision = $3,
                    revoked = coalesce(revoked, now()),
                    revoked_by = case when revoked is null then $2::text else revoked_by end
                where name = $1
                """,
                name,
                by,
                revision
            );
            return found == 1
                ? found
                : throw new ServingException(
                    ErrorCode.KeyNotFound,
                    $"No stored key is named '{Suggestions.Shorten(name)}'. GET /v1/keys lists them."
                );
        });

    private static StoredKey Read(NpgsqlDataReader row) =>
        new(
            row.GetString(0),
            row.GetString(1),
            row.GetFieldValue<string[]>(2),
            Value<DateTimeOffset>(row, 3),
            row.IsDBNull(4) ? null : row.GetString(4)
        )
        {
            Created = row.GetFieldValue<DateTimeOffset>(5),
            Revoked = Value<DateTimeOffset>(row, 6),
            RevokedBy = row.IsDBNull(7) ? null : row.GetString(7),
            Left = Value<TimeSpan>(row, 8),
        };

    private static T? Value<T>(NpgsqlDataReader row, int column)
        where T : struct => row.IsDBNull(column) ? null : row.GetFieldValue<T>(column);
}
