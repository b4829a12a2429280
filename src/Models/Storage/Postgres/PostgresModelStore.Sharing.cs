using System.Text;
using Npgsql;

namespace ModelService.Models.Storage.Postgres;

/// <content>What servers that share the store tell one another by it.</content>
internal sealed partial class PostgresModelStore
{
    // A server that did not ask for so many of its polls counts as gone.
    private const int MissedPolls = 5;

    /// <inheritdoc/>
    public Guid Server { get; } = Guid.NewGuid();

    /// <inheritdoc/>
    public Task<StoreBeat> BeatAsync(ServerProgress progress, CancellationToken cancellationToken) =>
        database.ChangeAsync(async connection =>
        {
            string[] pending = [.. progress.Pending];
            var gone = options.Value.Poll * MissedPolls;
            await using var command = connection.Command(
                """
                with beat as (
                    insert into servers (id, name, address, reached, preparing, pending)
                    values ($1, $2, $3::text, $4, $5, $6)
                    on conflict (id) do update set seen = now(), reached = $4, preparing = $5, pending = $6
                ), killed as (
                    delete from servers where id <> $1 and seen < now() - interval '1 day'
                )
                select value, null::bigint, null::text[], null::text from revision
                union all select null, reached, preparing, null from servers
                where id <> $1 and seen > now() - $7::interval and preparing is not null
                union all select released, null, null, name from models where name = any($6)
                """,
                Server,
                Environment.MachineName,
                cluster.Value.Address?.ToString(),
                progress.Reached,
                progress.Preparing.ToArray(),
                pending,
                gone
            );

            // A beat that takes longer than others wait for it is as good as none: the server is cut off.
            command.CommandTimeout = (int)Math.Ceiling(gone.TotalSeconds);
            return await ReadBeatAsync(command, progress, cancellationToken);
        });

    /// <inheritdoc/>
    public Task ReleaseAsync(string model, long revision) =>
        database.ChangeAsync(async connection =>
        {
            await connection.RunAsync(
                "update models set released = $2 where name = $1 and released < $2",
                model,
                revision
            );
            await Database.NotifyAsync(connection);
            return true;
        });

    private static async Task<StoreBeat> ReadBeatAsync(
        NpgsqlCommand command,
        ServerProgress own,
        CancellationToken cancellationToken
    )
    {
        var revision = 0L;
        List<ServerProgress> servers = [own];
        Dictionary<string, long> released = [];
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            if (!row.IsDBNull(1))
                servers.Add(new ServerProgress(row.GetInt64(1), row.GetFieldValue<string[]>(2), []));
            else if (row.IsDBNull(3))
                revision = row.GetInt64(0);
            else
                released[row.GetString(3)] = row.GetInt64(0);
        }

        return new StoreBeat(revision, servers, released);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ServerAddress>> ReadServersAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ServerAddress>>(
            async connection =>
                await connection.RowsAsync(
                    row => new ServerAddress(row.GetGuid(0), row.GetString(1)),
                    "select id, address from servers where address is not null and seen > now() - $1::interval",
                    options.Value.Poll * MissedPolls
                ),
            cancellationToken
        );

    /// <inheritdoc/>
    public async Task LeaveAsync()
    {
        try
        {
            await database.ChangeAsync(connection => connection.RunAsync("delete from servers where id = $1", Server));
        }
        catch (Errors.ServingException)
        {
            // It counts as gone in a moment.
        }
    }

    /// <inheritdoc/>
    public Task<long> CountBehindAsync(long revision, string? model, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async connection =>
                (long)
                    (
                        await connection.ValueAsync(
                            """
                            select count(*) from servers
                            where id <> $1 and seen > now() - $2::interval
                                and (reached < $3 or $4::text = any(pending))
                            """,
                            Server,
                            options.Value.Poll * MissedPolls,
                            revision,
                            model
                        )
                    )!,
            cancellationToken
        );

    /// <inheritdoc/>
    public Task ListenAsync(Action hear, CancellationToken cancellationToken) =>
        database.ListenAsync(hear, cancellationToken);

    /// <inheritdoc/>
    public Task<StoreChanges?> ReadChangesAsync(long since, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async connection =>
            {
                var revision = (long)(await connection.ValueAsync("select value from revision"))!;
                return revision == since ? null : await ReadChangesAsync(connection, since, revision);
            },
            cancellationToken
        );

    private async Task<StoreChanges> ReadChangesAsync(NpgsqlConnection connection, long since, long revision)
    {
        var models = await ReadModelsAsync(connection, since);
        var versions = (await ReadVersionsAsync(connection, since)).ToLookup(row => row.Model);
        var names = await connection.RowsAsync(
            row => (Model: row.GetString(0), Version: row.GetInt32(1)),
            "select model, version from versions"
        );
        return new StoreChanges(
            revision,
            [
                .. models
                    .AsParallel()
                    .AsOrdered()
                    .Select(row => Read(row, versions[row.Name]))
                    .Where(model => since >= 0 || model.Versions.Count > 0),
            ],
            names
                .GroupBy(row => row.Model)
                .ToDictionary(
                    group => group.Key,
                    group => (IReadOnlySet<int>)group.Select(row => row.Version).ToHashSet()
                )
        );
    }

    private static Task<List<ModelRow>> ReadModelsAsync(NpgsqlConnection connection, long since) =>
        connection.RowsAsync(
            row => new ModelRow(row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetInt64(3)),
            "select name, settings, last_version, revision from models where revision > $1 order by name",
            since
        );

    private static Task<List<VersionRow>> ReadVersionsAsync(NpgsqlConnection connection, long since) =>
        connection.RowsAsync(
            row => new VersionRow(row.GetString(0), row.GetInt32(1), row.GetString(2), row.GetString(3)),
            """
            select model, version, manifest, definition from versions where revision > $1 order by model, version
            """,
            since
        );

    private StoredModel Read(ModelRow row, IEnumerable<VersionRow> versions)
    {
        var settings = reader.ParseSettings(row.Settings, row.Name, out var damage) with { Revision = row.Revision };
        var read = versions.Select(version =>
            reader.Read(version.Manifest, Encoding.UTF8.GetBytes(version.Definition), row.Name, version.Version)
        );
        if (damage is not null)
            read = read.Select(version => version with { Resolved = null, Damage = version.Damage ?? damage });
        return new StoredModel(
            row.Name,
            settings with
            {
                LastVersion = Math.Max(settings.LastVersion, row.LastVersion),
            },
            [.. read],
            damage
        );
    }

    private sealed record ModelRow(string Name, string Settings, int LastVersion, long Revision);

    private sealed record VersionRow(string Model, int Version, string Manifest, string Definition);
}
