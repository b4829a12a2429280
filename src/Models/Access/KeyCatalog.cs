using System.Collections.Frozen;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Postgres;

namespace ModelService.Models.Access;

/// <summary>
/// The API keys that servers share by their database. Each server has them in memory, so a request needs no database:
/// while that is away, the keys that the server knows stay valid. A store that one server owns has none. Thread-safe.
/// </summary>
public sealed class KeyCatalog
{
    private readonly IModelStore store;
    private readonly KeyTable? table;
    private readonly RegistrySync sync;
    private readonly TimeProvider clock;
    private volatile Known known = new([], 0);

    internal KeyCatalog(IModelStore store, RegistrySync sync, TimeProvider clock)
    {
        (this.store, this.sync, this.clock) = (store, sync, clock);
        table = (store as PostgresModelStore)?.Keys;
        if (table is not null)
            sync.Share(CatchUpAsync);
    }

    /// <summary>
    /// Why this server neither makes nor revokes keys: <see cref="ErrorCode.NotFound"/> without a database,
    /// <see cref="ErrorCode.ReadOnly"/>; null when it does.
    /// </summary>
    public Failure? Refusal =>
        table is null
            ? new Failure(
                ErrorCode.NotFound,
                "Keys are made and revoked here only when the models are in a database "
                    + "(ModelService:Storage:Kind is postgres). This server has its keys from its configuration and "
                    + "from ModelService:Auth:KeysFile, which it reads again when it changes."
            )
            : store.Refusal;

    /// <summary>All keys, oldest first, with those that are valid no longer.</summary>
    public IReadOnlyList<StoredKey> List() => known.All;

    /// <summary>Finds a valid key.</summary>
    /// <param name="sha256">Its SHA-256, as 64 lower-case hexadecimal digits.</param>
    /// <returns>The key; null when there is none, or it has expired or is revoked.</returns>
    public StoredKey? Find(string sha256)
    {
        var current = known;
        return current.Valid.TryGetValue(sha256, out var key) && IsValid(key, current) ? key : null;
    }

    /// <summary>Whether a key can be used now.</summary>
    /// <param name="key">The key, of <see cref="List"/>.</param>
    public bool IsValid(StoredKey key) => IsValid(key, known);

    /// <summary>Reads the keys when the server starts, after its store is open.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public Task OpenAsync(CancellationToken cancellationToken) => sync.CatchUpAsync(cancellationToken);

    /// <summary>Stores a key. When this completes, each living server knows it.</summary>
    /// <param name="key">The key.</param>
    /// <returns>
    /// The key; <see cref="ErrorCode.KeyExists"/>, <see cref="ErrorCode.StorageUnavailable"/>, or
    /// <see cref="Refusal"/>.
    /// </returns>
    public Task<Outcome<StoredKey>> AddAsync(StoredKey key) => ChangeAsync(key.Name, keys => keys.AddAsync(key));

    /// <summary>Revokes a key. When this completes, no living server accepts it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="by">The name of the key that revokes it; null: none.</param>
    /// <returns>
    /// The key; <see cref="ErrorCode.KeyNotFound"/>, <see cref="ErrorCode.StorageUnavailable"/>, or
    /// <see cref="Refusal"/>.
    /// </returns>
    public Task<Outcome<StoredKey>> RevokeAsync(string name, string? by) =>
        ChangeAsync(name, keys => keys.RevokeAsync(name, by));

    private Task<Outcome<StoredKey>> ChangeAsync(string name, Func<KeyTable, Task> change) =>
        Outcome.OfAsync(async () =>
        {
            if (Refusal is { } failure)
                throw new ServingException(failure);
            await change(table!);
            await sync.SettleAsync();
            return known.All.FirstOrDefault(key => key.Name == name)
                ?? throw new ServingException(
                    ErrorCode.StorageUnavailable,
                    "The change is stored, but can't be read now. GET /v1/keys shows it in a moment."
                );
        });

    // The keys of all servers are few: when one was changed, all are read.
    private async Task CatchUpAsync(long since, CancellationToken cancellationToken)
    {
        var read = clock.GetTimestamp(); // before the database says how long keys are still valid
        var keys = await table!.ReadAsync(since, cancellationToken);
        if (keys.Count > 0 || since < 0)
            known = new Known(keys, read);
    }

    // How long a key is valid is told by the database's clock: that of the server may be wrong.
    private bool IsValid(StoredKey key, Known current) =>
        key is { Revoked: null } && (key.Left is not { } left || clock.GetElapsedTime(current.Read) < left);

    private sealed record Known(IReadOnlyList<StoredKey> All, long Read)
    {
        public FrozenDictionary<string, StoredKey> Valid { get; } =
            All.Where(key => key.Revoked is null).ToFrozenDictionary(key => key.Sha256);
    }
}
