using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>The models that are served, by name. It owns them; disposing it frees them all.</summary>
/// <param name="builder">Builds the models.</param>
/// <param name="store">Keeps them.</param>
/// <param name="check">Compares what versions make of their samples.</param>
/// <param name="budget">How much memory they may take.</param>
/// <param name="compute">How many batches they compute at once.</param>
/// <param name="memory">How long requests wait for one that is not in memory.</param>
/// <param name="clock">Says when a model was made.</param>
/// <param name="logger">Told when models come and go.</param>
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
    // A request that was cut off may hold its version for as long as its batch takes.
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, ModelEntry> models = new(StringComparer.Ordinal);

    /// <summary>The models, by name; those whose first version is being made are left out.</summary>
    public IReadOnlyList<ModelEntry> List() =>
        [.. models.Values.Where(entry => !entry.IsNew).OrderBy(entry => entry.Name, StringComparer.Ordinal)];

    /// <summary>A model by its name.</summary>
    /// <param name="name">The model's name.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.ModelNotFound"/>, or <see cref="ErrorCode.ModelNotReady"/> while its first version is being made.</exception>
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

    /// <summary>A version of a model.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <exception cref="ServingException"><see cref="Find(string)"/>'s, or <see cref="ErrorCode.VersionNotFound"/>.</exception>
    public ModelVersion Find(string name, int? version) =>
        version is { } number ? Find(name).Find(number) : Find(name).Default;

    /// <summary>A version whose weights are random still, so that it can take others in place.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <exception cref="ServingException"><see cref="Find(string, int?)"/>'s, or <see cref="ErrorCode.VersionConflict"/>.</exception>
    public ModelVersion FindUntouched(string name, int version)
    {
        var found = Find(name, version);
        if (found.State is VersionState.Failed or VersionState.Loading)
            throw found.NotReady();
        return found.Weights == WeightsState.Random
            ? found
            : throw new ServingException(
                ErrorCode.VersionConflict,
                $"Version {version} of '{name}' has weights, and a version that has stays as it is. Make a new version of them: POST /v1/models/{name}/versions."
            );
    }

    /// <summary>Claims a version for as long as a request needs it; if it is not in memory, waits until it is.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <param name="cancellationToken">Fires when the caller leaves.</param>
    /// <exception cref="ServingException"><see cref="Find(string, int?)"/>'s, <see cref="ErrorCode.ModelNotReady"/>, <see cref="ErrorCode.OutOfMemory"/>.</exception>
    public async Task<ModelLease> LeaseAsync(string name, int? version, CancellationToken cancellationToken)
    {
        var deadline = clock.GetTimestamp();
        while (true)
        {
            // One that takes no more leases was replaced, removed or unloaded a moment ago: then look again.
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

            var left = memory.Value.LoadWait - clock.GetElapsedTime(deadline);
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

    /// <summary>Lists what is kept on the disk.</summary>
    /// <exception cref="FolderInUseException">Another server has the folder.</exception>
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
                    version.MarkUnloaded(loadsOnRequest: true, "It is loaded by its next request.");
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
            $"There is no model named '{Suggestions.Shorten(name)}'. GET /v1/models lists those there are."
        );

    [LoggerMessage(LogLevel.Information, "{Count} models are kept here")]
    private partial void LogRestored(int count);

    [LoggerMessage(LogLevel.Warning, "Version {Version} of model {Model} is in use still as the server ends")]
    private partial void LogStillUsed(string model, int version);
}
