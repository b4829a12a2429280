using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>The models that are served, by name. The registry owns them: disposing it frees them all.</summary>
/// <param name="builder">Builds versions.</param>
/// <param name="store">Stores versions on the disk.</param>
/// <param name="check">Checks that versions reproduce their golden samples.</param>
/// <param name="budget">The memory that versions may use.</param>
/// <param name="compute">How many batches a device computes at once.</param>
/// <param name="memory">How long requests wait for a version that is not in memory.</param>
/// <param name="clock">The time when a version is created.</param>
/// <param name="logger">Logs the loading, unloading and deletion of versions.</param>
public sealed partial class ModelRegistry(
    ModelBuilder builder,
    ModelStore store,
    SampleCheck check,
    MemoryBudget budget,
    IOptions<ComputeOptions> compute,
    IOptions<MemoryOptions> memory,
    TimeProvider clock,
    ILogger<ModelRegistry> logger
) : IAsyncDisposable
{
    // A request that the shutdown cancelled may hold its lease until its batch is computed.
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, ModelEntry> models = new(StringComparer.Ordinal);

    /// <summary>The models, ordered by name, without those whose first version is still being built.</summary>
    public IReadOnlyList<ModelEntry> List() =>
        [.. models.Values.Where(entry => !entry.IsNew).OrderBy(entry => entry.Name, StringComparer.Ordinal)];

    /// <summary>Finds a model by its name.</summary>
    /// <param name="name">The model's name.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ModelNotFound"/>, or <see cref="ErrorCode.ModelNotReady"/> while its first version is being
    /// built.
    /// </exception>
    public ModelEntry Find(string name)
    {
        if (!models.TryGetValue(name, out var entry))
            throw NotFound(name);
        return !entry.IsNew
            ? entry
            : throw new ServingException(
                ErrorCode.ModelNotReady,
                $"The model '{name}' is being built. Try again in a moment."
            );
    }

    /// <summary>Finds a version of a model.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.VersionNotFound"/>, or as <see cref="Find(string)"/>.
    /// </exception>
    public ModelVersion Find(string name, int? version) =>
        version is { } number ? Find(name).Find(number) : Find(name).Default;

    /// <summary>Finds a version whose weights are all random, so that weights can be put into it.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.VersionConflict"/>: it has weights already; <see cref="ErrorCode.ModelNotReady"/>: it is
    /// being built, or can't be served; or as <see cref="Find(string, int?)"/>.
    /// </exception>
    public ModelVersion FindWithRandomWeights(string name, int version)
    {
        var found = Find(name, version);
        if (found.State is VersionState.Failed or VersionState.Loading)
            throw found.NotReady();
        return found.Weights == WeightsState.Random
            ? found
            : throw new ServingException(
                ErrorCode.VersionConflict,
                $"Version {version} of '{name}' has weights already, and these can't be replaced. "
                    + $"Create a new version with the new weights: POST /v1/models/{name}/versions."
            );
    }

    /// <summary>
    /// Leases a version, which keeps it in memory until the lease is disposed. Loads the version first when it is not
    /// in memory, and waits for that.
    /// </summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ModelNotReady"/>, <see cref="ErrorCode.OutOfMemory"/>, or as
    /// <see cref="Find(string, int?)"/>.
    /// </exception>
    public async Task<ModelLease> LeaseAsync(string name, int? version, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            // A version that gives no lease may just have been replaced, deleted or unloaded: then look again.
            var found = Find(name, version);
            if (version is null && found.IsQuarantined && Find(name).Pinned != found.Version)
                throw found.Quarantined();
            if (found.TryLease() is { } lease)
                return lease;
            if (!found.LoadsOnRequest)
            {
                if (found.State == VersionState.Ready || !ReferenceEquals(found, Find(name, version)))
                    continue;
                throw found.NotReady();
            }

            var left = memory.Value.LoadWait - clock.GetElapsedTime(started);
            try
            {
                await LoadAsync(found).WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
            }
            catch (TimeoutException)
            {
                throw found.NotReady();
            }
        }
    }

    /// <summary>Adds the models that are stored on the disk, without loading them.</summary>
    /// <exception cref="FolderInUseException">Another server uses the folder.</exception>
    internal void Restore()
    {
        foreach (var stored in store.Open())
        {
            var entry = new ModelEntry(stored.Name)
            {
                Pinned = stored.Settings.DefaultVersion,
                LastVersion = stored.Settings.LastVersion,
            };
            foreach (var kept in stored.Versions)
            {
                var manifest = kept.Manifest;
                var weights = manifest is null
                    ? null
                    : new LoadedWeights(manifest.Report, manifest.RandomTensors, manifest.Weights, manifest.Head);
                var version = new ModelVersion(
                    stored.Name,
                    kept.Version,
                    kept.Resolved,
                    manifest?.Lineage,
                    weights,
                    manifest?.Created ?? default,
                    compute.Value.Instances
                )
                {
                    Samples = manifest?.Samples,
                    IsQuarantined = manifest?.Samples is { Reproduced: false },
                };
                if (manifest is not null)
                    version.Files = manifest.Files;
                if (kept.Damage is null)
                    version.MarkUnloaded(loadsOnRequest: true, "The next request loads it.");
                else
                    version.MarkFailed(kept.Damage);
                entry.Put(version);
                if (
                    version.IsKnown
                    && stored.Settings.Labels.TryGetValue(kept.Version, out var labels)
                    && labels.Count == version.Resolved.ClassCount
                )
                {
                    entry.Relabel(version, labels);
                }
            }

            models[stored.Name] = entry;
        }

        LogRestored(models.Count);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var entry in models.Values)
        {
            if (!models.TryRemove(entry.Name, out _))
                continue;
            foreach (var version in entry.Versions)
            {
                try
                {
                    await version.DrainAsync(loadsOnRequest: false, null, forGood: true).WaitAsync(DrainLimit);
                }
                catch (TimeoutException)
                {
                    LogStillUsed(entry.Name, version.Version);
                }
            }
        }
    }

    private static ServingException NotFound(string name) =>
        new(
            ErrorCode.ModelNotFound,
            $"There is no model named '{Suggestions.Shorten(name)}'. GET /v1/models lists the models."
        );

    [LoggerMessage(LogLevel.Information, "Found {Count} models in the data folder")]
    private partial void LogRestored(int count);

    [LoggerMessage(LogLevel.Warning, "Version {Version} of model {Model} is still in use while the server shuts down")]
    private partial void LogStillUsed(string model, int version);
}
