using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>The models that are served, by name. It owns them: disposing it frees them all. Thread-safe.</summary>
/// <param name="compute">How many batches a device computes at once.</param>
/// <param name="logger">Logs the models that are found, and versions that are in use at the end.</param>
internal sealed partial class ModelRegistry(IOptions<ComputeOptions> compute, ILogger<ModelRegistry> logger)
    : IAsyncDisposable
{
    // A request that the shutdown cancelled may hold its lease until its batch is computed.
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, ModelEntry> models = new(StringComparer.Ordinal);

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

    /// <summary>Adds the models that are found in the store, without loading them.</summary>
    /// <param name="stored">The models.</param>
    /// <param name="lastUses">Their versions, as <see cref="ListByLastUse"/> gave them before.</param>
    public void Restore(IReadOnlyList<StoredModel> stored, IReadOnlyList<ModelReference> lastUses)
    {
        var ranks = lastUses.Distinct().Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        foreach (var model in stored)
        {
            var entry = new ModelEntry(model.Name, model.Settings, model.Damage);
            foreach (var kept in model.Versions)
            {
                var version = new ModelVersion(
                    model.Name,
                    kept.Version,
                    kept.Manifest?.Lineage,
                    kept.Manifest?.Created ?? default,
                    VersionSnapshot.Restored(kept),
                    compute.Value.Instances,
                    entry.Metrics
                );
                if (ranks.TryGetValue(new ModelReference(model.Name, kept.Version), out var rank))
                    version.LastUsed = -1 - rank;
                entry.Put(version);
                if (
                    kept.Resolved is { } resolved
                    && model.Settings.Labels.TryGetValue(kept.Version, out var labels)
                    && labels.Count == resolved.ClassCount
                )
                {
                    version.Relabel(labels);
                }
            }

            models[model.Name] = entry;
        }

        LogRestored(models.Count);
    }

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

    [LoggerMessage(LogLevel.Information, "Found {Count} models in the data folder")]
    private partial void LogRestored(int count);

    [LoggerMessage(
        LogLevel.Warning,
        "Version {Version} of model {Model} is still used by {Holders} while the server shuts down"
    )]
    private partial void LogStillUsed(string model, int version, string? holders);
}
