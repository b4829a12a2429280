using System.Text;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;
using ModelService.Models.Storage.FileSystem;
using Npgsql;

namespace ModelService.Models.Storage.Postgres;

/// <content>
/// Changes the models. Each change first raises the revision, which lets changes wait for one another, and so decides
/// on the state that it finds.
/// </content>
internal sealed partial class PostgresModelStore
{
    /// <inheritdoc/>
    public async Task<int> TakeNumberAsync(string name, int following, CancellationToken cancellationToken)
    {
        ThrowIfReadOnly();
        return await database.ChangeAsync(async connection =>
            (int?)
                await connection.ValueAsync(
                    """
                    update models set last_version = greatest(last_version, $2 - 1) + 1
                    where name = $1 returning last_version
                    """,
                    name,
                    following
                )
            ?? throw Gone(name)
        );
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, StoredFile>> PutVersionAsync(
        VersionContent content,
        CancellationToken cancellationToken
    )
    {
        ThrowIfReadOnly();
        cancellationToken.ThrowIfCancellationRequested();
        var definition = ToJson(ResolvedModelJson.Write(content.Model));
        var stored = new Dictionary<string, StoredFile>
        {
            [FileSystemModelStore.Definition] = StoredFile.Of(definition),
            [StoredFile.Weights] = await blobs.PutAsync(content.Weights, database.TouchBlobAsync, cancellationToken),
        };
        if (content.Samples.Count > 0)
        {
            stored[FileSystemModelStore.Samples] = await blobs.PutAsync(
                [ToJson(content.Samples)],
                database.TouchBlobAsync,
                cancellationToken
            );
        }

        var manifest = ToJson(content.Manifest with { Files = stored });
        await database.ChangeAsync(async connection =>
        {
            var revision = await Database.RaiseRevisionAsync(connection);
            await PutModelAsync(connection, content, revision);
            await PutRowAsync(connection, content, revision, Text(manifest), Text(definition), stored);
            if (
                content.Job is { } job
                && !await JobTable.TryEndAsync(connection, job.Lease, job.Record(content.Manifest))
            )
            {
                throw new LeaseLostException(job.Lease);
            }

            return true;
        });
        return stored;
    }

    /// <inheritdoc/>
    public async Task PutSettingsAsync(string name, ModelSettings settings)
    {
        ThrowIfReadOnly();
        await database.ChangeAsync(async connection =>
        {
            var revision = await Database.RaiseRevisionAsync(connection);
            var found = await connection.ValueAsync("select revision from models where name = $1", name);
            if (found is null)
                throw Gone(name);
            if (settings.Revision is { } known && known != (long)found)
                throw new StoreChangedException();
            return await connection.RunAsync(
                """
                update models set settings = $2, last_version = greatest(last_version, $3), revision = $4
                where name = $1
                """,
                name,
                Text(ToJson(settings)),
                settings.LastVersion,
                revision
            );
        });
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string name)
    {
        ThrowIfReadOnly();
        await database.ChangeAsync(async connection =>
        {
            await Database.RaiseRevisionAsync(connection);
            return await connection.RunAsync("delete from models where name = $1", name);
        });
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string name, int version)
    {
        ThrowIfReadOnly();
        await database.ChangeAsync(async connection =>
        {
            var revision = await Database.RaiseRevisionAsync(connection);
            var settings = (string?)await connection.ValueAsync("select settings from models where name = $1", name);
            if (settings is not null && reader.ParseSettings(settings, name, out _).DefaultVersion == version)
            {
                throw new ServingException(
                    ErrorCode.VersionConflict,
                    $"Another server has pinned version {version} as the default meanwhile. Nothing was changed."
                );
            }

            var others = await connection.ValueAsync(
                "select count(*) from versions where model = $1 and version <> $2",
                name,
                version
            );
            if (settings is not null && (long)others! == 0)
            {
                throw new ServingException(
                    ErrorCode.VersionConflict,
                    $"Another server has deleted the other versions of '{name}' meanwhile. Nothing was changed."
                );
            }

            // Whoever pins the version now decided on an older state, and is refused.
            await connection.RunAsync("update models set revision = $2 where name = $1", name, revision);
            return await connection.RunAsync("delete from versions where model = $1 and version = $2", name, version);
        });
    }

    private static async Task PutModelAsync(NpgsqlConnection connection, VersionContent content, long revision)
    {
        var (name, number) = (content.Manifest.Name, content.Manifest.Version);
        var last = (int?)await connection.ValueAsync("select last_version from models where name = $1", name);
        if (content.OfExistingModel == true && !(number <= last))
            throw Gone(name);
        if (content.OfExistingModel == false && last is not null)
        {
            throw new ServingException(
                ErrorCode.ModelExists,
                $"Another server has created a model named '{name}' meanwhile. Choose another name."
            );
        }

        await connection.RunAsync(
            """
            insert into models (name, settings, last_version, revision) values ($1, $2, $3, $4)
            on conflict (name) do update set last_version = greatest(models.last_version, $3), revision = $4
            """,
            name,
            Text(ToJson(new ModelSettings())),
            number,
            revision
        );
    }

    private static async Task PutRowAsync(
        NpgsqlConnection connection,
        VersionContent content,
        long revision,
        string manifest,
        string definition,
        IReadOnlyDictionary<string, StoredFile> stored
    )
    {
        var (name, number) = (content.Manifest.Name, content.Manifest.Version);
        object?[] values =
        [
            name,
            number,
            manifest,
            definition,
            stored[StoredFile.Weights].Sha256,
            stored.GetValueOrDefault(FileSystemModelStore.Samples)?.Sha256,
            revision,
        ];
        var sql = content.Replaces
            ? """
                update versions
                set manifest = $3, definition = $4, weights = $5, samples = $6::text, revision = $7
                where model = $1 and version = $2
                """
            : """
                insert into versions (model, version, manifest, definition, weights, samples, revision)
                values ($1, $2, $3, $4, $5, $6::text, $7) on conflict do nothing
                """;
        if (await connection.RunAsync(sql, values) == 1)
            return;
        throw content.Replaces
            ? new ServingException(ErrorCode.VersionNotFound, $"Version {number} of '{name}' was deleted meanwhile.")
            : new ServingException(
                ErrorCode.StorageUnavailable,
                $"Version {number} of '{name}' is stored already. Nothing was changed."
            );
    }

    private void ThrowIfReadOnly()
    {
        if (Refusal is { } refusal)
            throw new ServingException(refusal);
    }

    private static ServingException Gone(string name) =>
        new(ErrorCode.ModelNotFound, $"The model '{name}' was deleted meanwhile.");

    private static string Text(byte[] json) => Encoding.UTF8.GetString(json);
}
