using ModelService.Models.Errors;

namespace ModelService.Models.Storage.Postgres;

/// <summary>The audit in the database.</summary>
/// <param name="database">The database.</param>
internal sealed class AuditTable(Database database)
{
    /// <summary>Stores entries, each with the time that has passed since it was answered.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public Task WriteAsync(IReadOnlyList<(AuditEntry Entry, TimeSpan Age)> entries) =>
        database.ChangeAsync(connection =>
            connection.RunAsync(
                """
                insert into audit (at, server, method, path, model, key, address, status)
                select now() - age, $1, method, path, model, key, address, status
                from unnest($2::interval[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[])
                    as entry (age, method, path, model, key, address, status)
                """,
                Environment.MachineName,
                entries.Select(item => item.Age).ToArray(),
                entries.Select(item => item.Entry.Method).ToArray(),
                entries.Select(item => item.Entry.Path).ToArray(),
                entries.Select(item => item.Entry.Model).ToArray(),
                entries.Select(item => item.Entry.Key).ToArray(),
                entries.Select(item => item.Entry.Address).ToArray(),
                entries.Select(item => item.Entry.Status).ToArray()
            )
        );

    /// <summary>Reads entries, the newest first.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public Task<List<AuditEntry>> ReadAsync(AuditQuery query, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.RowsAsync(
                    row => new AuditEntry(
                        row.GetString(2),
                        row.GetString(3),
                        row.IsDBNull(4) ? null : row.GetString(4),
                        row.IsDBNull(5) ? null : row.GetString(5),
                        row.IsDBNull(6) ? null : row.GetString(6),
                        row.GetInt32(7)
                    )
                    {
                        At = row.GetFieldValue<DateTimeOffset>(0),
                        Server = row.GetString(1),
                    },
                    """
                    select at, server, method, path, model, key, address, status from audit
                    where ($1::text is null or model = $1::text)
                        and ($2::timestamptz is null or at >= $2::timestamptz)
                        and ($3::timestamptz is null or at < $3::timestamptz)
                    order by at desc, id desc limit $4
                    """,
                    query.Model,
                    query.Since?.ToUniversalTime(),
                    query.Until?.ToUniversalTime(),
                    query.Limit
                ),
            cancellationToken
        );

    /// <summary>Deletes entries that are older than this.</summary>
    /// <returns>Their number.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public Task<int> DeleteAsync(TimeSpan age) =>
        database.ChangeAsync(connection =>
            connection.RunAsync("delete from audit where at < now() - $1::interval", age)
        );
}
