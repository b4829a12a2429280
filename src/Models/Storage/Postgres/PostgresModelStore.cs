using System.Text.Json;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Storage.Blobs;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Storage.Postgres;

/// <summary>
/// The models in a PostgreSQL database, with weights and samples as blobs. Several servers share it. A version's blobs
/// are stored and read back first; then its row makes it visible, in one transaction.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="blobs">The blobs.</param>
/// <param name="folder">The server's own folder, which has its cache.</param>
/// <param name="reader">Reads stored versions.</param>
/// <param name="options">Whether the server changes models, and how long a server lives without a sign of it.</param>
/// <param name="cluster">The address at which other servers reach this one.</param>
/// <param name="clock">Measures how long the server waits for the database when it starts.</param>
internal sealed partial class PostgresModelStore(
    Database database,
    BlobFiles blobs,
    DataFolder folder,
    StoredVersionReader reader,
    IOptions<StorageOptions> options,
    IOptions<ClusterOptions> cluster,
    TimeProvider clock
) : ISharedModelStore
{
    private static readonly TimeSpan StartWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StartPause = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public Failure? Refusal { get; } =
        options.Value.ReadOnly
            ? new Failure(
                ErrorCode.ReadOnly,
                "This server only reads its models (ModelService:Storage:ReadOnly). Send the change to another server."
            )
            : null;

    /// <summary>The API keys, which are in the same database.</summary>
    public KeyTable Keys { get; } = new(database);

    /// <summary>Who changed what, in the same database.</summary>
    public AuditTable Audit { get; } = new(database);

    /// <inheritdoc/>
    public CacheStatistics Cache
    {
        get
        {
            var (hits, misses, errors) = blobs.Counts;
            return new CacheStatistics(blobs.Cache.Bytes, hits, misses, errors);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredModel>> OpenAsync(CancellationToken cancellationToken)
    {
        await Task.Run(
            () =>
            {
                folder.Open();
                blobs.Cache.Open();
            },
            cancellationToken
        );
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await Migrations.UpAsync(database);
                await ForgetBlobsAsync(cancellationToken);
                return (await ReadChangesAsync(-1, cancellationToken))!.Changed;
            }
            catch (ServingException exception)
            {
                if (clock.GetElapsedTime(started) > StartWait)
                {
                    throw new UnusableDatabaseException(
                        $"The database of the models can't be used: {exception.InnerException?.Message.TrimEnd('.')}. "
                            + "See ModelService:Storage:Connection.",
                        exception
                    );
                }

                await Task.Delay(StartPause, clock, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public Task<Failure?> CheckWritableAsync(long bytes, CancellationToken cancellationToken)
    {
        // The server asks the database all the time, so there is no need to wait for an answer here.
        var failure = Refusal ?? database.LastFailure;
        if (failure is null && MeasureSpace() is { } space && space.FreeBytes < bytes)
        {
            failure = new Failure(
                ErrorCode.StorageUnavailable,
                $"The disk of the blobs has {space.FreeBytes} bytes free, and {bytes} are needed. Nothing was changed."
            );
        }

        return Task.FromResult(failure);
    }

    /// <inheritdoc/>
    public StorageSpace? MeasureSpace() => blobs.Blobs.MeasureSpace();

    /// <inheritdoc/>
    public async Task<FileStream> OpenWeightsAsync(
        string name,
        int version,
        StoredFile expected,
        CancellationToken cancellationToken
    )
    {
        if (!await MayExistAsync(name, version, cancellationToken))
            throw new ServingException(ErrorCode.WeightsUnreadable, "The version was deleted.");
        return await blobs.OpenAsync(expected, ErrorCode.WeightsUnreadable, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SampleDefinition>> ReadSamplesAsync(
        string name,
        int version,
        IReadOnlyDictionary<string, StoredFile> files,
        CancellationToken cancellationToken
    )
    {
        if (files.GetValueOrDefault(FileSystemModelStore.Samples) is not { } expected)
            return [];
        await using var file = await blobs.OpenAsync(expected, ErrorCode.StorageUnavailable, cancellationToken);
        return await JsonSerializer.DeserializeAsync<IReadOnlyList<SampleDefinition>>(
                file,
                VersionManifest.Json,
                cancellationToken
            ) ?? [];
    }

    /// <inheritdoc/>
    public async Task<string?> ReadProbeAsync(string key)
    {
        try
        {
            return await database.ReadAsync(async connection =>
                (string?)await connection.ValueAsync("select result from probes where key = $1", key)
            );
        }
        catch (ServingException)
        {
            return null; // the network is probed again
        }
    }

    /// <inheritdoc/>
    public async Task PutProbeAsync(string key, string text)
    {
        if (Refusal is null)
        {
            await database.ChangeAsync(connection =>
                connection.RunAsync(
                    "insert into probes (key, result) values ($1, $2) on conflict (key) do update set result = $2",
                    key,
                    text
                )
            );
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ModelReference>> ReadLastUsesAsync()
    {
        try
        {
            return await database.ReadAsync<IReadOnlyList<ModelReference>>(async connection =>
                await connection.ValueAsync("select versions from last_uses") is string { Length: > 0 } versions
                    ? [.. versions.Split(' ').Select(ModelReference.Parse)]
                    : []
            );
        }
        catch (ServingException)
        {
            return [];
        }
    }

    /// <inheritdoc/>
    public async Task PutLastUsesAsync(IReadOnlyList<ModelReference> versions)
    {
        if (Refusal is null)
        {
            await database.ChangeAsync(connection =>
                connection.RunAsync(
                    "insert into last_uses (versions) values ($1) on conflict (only_row) do update set versions = $1",
                    string.Join(' ', versions)
                )
            );
        }
    }

    // Deletes from the cache what was deleted from the store while this server did not run, such as purged images.
    private async Task ForgetBlobsAsync(CancellationToken cancellationToken)
    {
        var gone = await database.ReadAsync(
            connection =>
                connection.RowsAsync(
                    row => row.GetString(0),
                    """
                    select cached from unnest($1::text[]) cached
                    where not exists (select 1 from blobs where sha256 = cached)
                    """,
                    (object)blobs.Cache.List()
                ),
            cancellationToken
        );
        gone.ForEach(blobs.Cache.Remove);
    }

    // When the database is away, whatever the server knows serves on.
    private async Task<bool> MayExistAsync(string name, int version, CancellationToken cancellationToken)
    {
        if (database.LastFailure is not null)
            return true;
        try
        {
            return await database.ReadAsync(
                async connection =>
                    await connection.ValueAsync(
                        "select 1 from versions where model = $1 and version = $2",
                        name,
                        version
                    )
                        is not null,
                cancellationToken
            );
        }
        catch (ServingException)
        {
            return true;
        }
    }

    private static byte[] ToJson<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, VersionManifest.Json);
}
