using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>The models that are served, by name. It owns them: disposing it frees them all. Thread-safe.</summary>
/// <param name="compute">How many batches a device computes at once.</param>
/// <param name="batching">How many inputs a batch has.</param>
/// <param name="logger">Logs the models that are found, and versions that are in use at the end.</param>
internal sealed partial class ModelRegistry(
    IOptions<ComputeOptions> compute,
    IOptions<BatchingOptions> batching,
    ILogger<ModelRegistry> logger
) : IAsyncDisposable
{
    // A request that the shutdown cancelled may hold its lease until its batch is computed.
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, ModelEntry> models = new(StringComparer.Ordinal);
    private readonly Lock changing = new(); // of what is in memory of the stored models
    private long changes;

    /// <summary>The number of changes that were brought into memory by <see cref="Apply"/>.</summary>
    public long Changes
    {
        get
        {
            lock (changing)
                return changes;
        }
    }

    /// <summary>The models, ordered by name, without those whose first version is still being built.</summary>
    public IReadOnlyList<ModelEntry> List() =>
        [.. models.Values.Where(entry => !entry.IsNew).OrderBy(entry => entry.Name, StringComparer.Ordinal)];

    /// <summary>Finds a model by its name.</summary>
    /// <param name="name">The model's name.</param>
    /// <returns>
    /// The model; <see cref="ErrorCode.ModelNotFound"/>, or <see cref="ErrorCode.ModelNotReady"/> while its first
    /// version is being built.
    /// </returns>
    public Outcome<ModelEntry> Find(string name)
    {
        if (!models.TryGetValue(name, out var entry))
            return NotFound(name);
        return !entry.IsNew
            ? entry
            : new Failure(ErrorCode.ModelNotReady, $"The model '{name}' is being built. Try again in a moment.");
    }

    /// <summary>Finds a version of a model.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <returns>
    /// The version; <see cref="ErrorCode.VersionNotFound"/>, or as <see cref="Find(string)"/>.
    /// </returns>
    public Outcome<ModelVersion> Find(string name, int? version) =>
        Find(name).TryGet(out var entry, out var failure) ? entry.Find(version) : failure;

    /// <summary>The failure of a request for a model that does not exist.</summary>
    public static Failure NotFound(string name) =>
        new(
            ErrorCode.ModelNotFound,
            $"There is no model named '{Suggestions.Shorten(name)}'. GET /v1/models lists the models."
        );

    /// <summary>Adds a model, unless its name is taken.</summary>
    /// <returns>Whether it was added.</returns>
    public bool TryAdd(ModelEntry entry) => models.TryAdd(entry.Name, entry);

    /// <summary>Gets a model, also one whose first version is being built.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="entry">The model; null when there is none.</param>
    public bool TryGet(string name, [NotNullWhen(true)] out ModelEntry? entry) => models.TryGetValue(name, out entry);

    /// <summary>Removes a model.</summary>
    public void Remove(ModelEntry entry) => models.TryRemove(new KeyValuePair<string, ModelEntry>(entry.Name, entry));

    /// <summary>The versions that were ever used, the last used one first.</summary>
    public IReadOnlyList<ModelReference> ListByLastUse() =>
        [
            .. from entry in List()
            from version in entry.Versions
            where version.LastUsed != ModelVersion.NeverUsed
            orderby version.LastUsed descending
            select new ModelReference(version.Name, version.Version),
        ];

    /// <summary>Brings a change of this server into memory, after it was stored.</summary>
    /// <param name="change">The change; it does not block.</param>
    public void Apply(Action change)
    {
        lock (changing)
        {
            changes++;
            change();
        }
    }

    /// <summary>
    /// Brings what was read from the store into memory, unless this server has changed something meanwhile: it may then
    /// be older than that change.
    /// </summary>
    /// <param name="before">The number of changes before the store was read.</param>
    /// <param name="change">The change; it does not block.</param>
    /// <returns>Whether it was done.</returns>
    public bool TryApply(long before, Action change)
    {
        lock (changing)
        {
            if (changes != before)
                return false;
            change();
            return true;
        }
    }

    /// <summary>Runs something while no change is being brought into memory.</summary>
    /// <param name="action">It does not block.</param>
    public void BetweenChanges(Action action)
    {
        lock (changing)
            action();
    }

    /// <summary>Adds the models that are found in the store, without loading them.</summary>
    /// <param name="stored">The models.</param>
    /// <param name="lastUses">Their versions, as <see cref="ListByLastUse"/> gave them before.</param>
    public void Restore(IReadOnlyList<StoredModel> stored, IReadOnlyList<ModelReference> lastUses)
    {
        var ranks = lastUses.Distinct().Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        foreach (var model in stored)
        {
            var entry = Restore(model);
            foreach (var version in entry.Versions)
            {
                if (ranks.TryGetValue(new ModelReference(model.Name, version.Version), out var rank))
                    version.LastUsed = -1 - rank;
            }
        }

        LogRestored(models.Count);
    }

    /// <summary>Adds a model that is found in the store, without loading it.</summary>
    public ModelEntry Restore(StoredModel model)
    {
        var entry = new ModelEntry(model.Name, model.Settings, model.Damage);
        foreach (var version in model.Versions)
            entry.Put(Restore(entry, version));
        entry.Relabel();
        return models[model.Name] = entry;
    }

    /// <summary>Creates a version that is found in the store, without loading it.</summary>
    public ModelVersion Restore(ModelEntry entry, StoredVersion stored) =>
        new(
            entry.Name,
            stored.Version,
            stored.Manifest?.Lineage,
            stored.Manifest?.Created ?? default,
            VersionSnapshot.Restored(stored),
            ComputedAtOnce.From(compute.Value, batching.Value),
            entry.Metrics
        );

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var entry in models.Values)
        {
            Remove(entry);
            foreach (var version in entry.Versions)
            {
                try
                {
                    if (version.Remove("The server is shutting down.") is { } draining)
                        await draining.WaitAsync(DrainLimit);
                }
                catch (TimeoutException)
                {
                    LogStillUsed(entry.Name, version.Version, version.Holders);
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Found {Count} stored models")]
    private partial void LogRestored(int count);

    [LoggerMessage(
        LogLevel.Warning,
        "Version {Version} of model {Model} is still used by {Holders} while the server shuts down"
    )]
    private partial void LogStillUsed(string model, int version, string? holders);
}
