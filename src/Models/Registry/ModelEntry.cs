using ModelService.Models.Errors;

namespace ModelService.Models.Registry;

/// <summary>A model that is served: a name and its versions, one of which is the default.</summary>
public sealed class ModelEntry
{
    // Versions that could not be made are kept for a while, for whoever asks what went wrong.
    private const int MaxFailures = 4;

    private readonly Lock gate = new();
    private readonly SortedDictionary<int, ModelVersion> versions = [];
    private readonly Queue<int> failures = new();
    private readonly Dictionary<int, IReadOnlyList<string>> labels = [];

    internal ModelEntry(string name) => Name = name;

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The version that is pinned as the default; null: the newest that is ready and reproduced its samples.</summary>
    public int? Pinned { get; internal set; }

    /// <summary>The highest number a version ever had.</summary>
    internal int LastVersion { get; set; }

    /// <summary>Labels that were changed after a version was made.</summary>
    internal IReadOnlyDictionary<int, IReadOnlyList<string>> Labels => labels;

    /// <summary>Whether its first version is being made.</summary>
    internal bool IsNew { get; set; }

    /// <summary>Whether it was removed.</summary>
    internal bool IsRemoved { get; set; }

    /// <summary>Held by whoever changes what is kept of it, so that one change follows the other.</summary>
    internal SemaphoreSlim Changes { get; } = new(1, 1);

    /// <summary>Its versions, oldest first.</summary>
    public IReadOnlyList<ModelVersion> Versions
    {
        get
        {
            lock (gate)
                return [.. versions.Values];
        }
    }

    /// <summary>
    /// The version that answers when none is asked for: the pinned one, else the newest that is ready, or loaded by its next request, and not held
    /// back. When all are held back, it is the newest of those, and answers by its number only.
    /// </summary>
    public ModelVersion Default
    {
        get
        {
            lock (gate)
            {
                if (Pinned is { } pinned && versions.TryGetValue(pinned, out var chosen))
                    return chosen;
                var free = versions.Values.Where(version => !version.IsQuarantined);
                return free.LastOrDefault(version => version.IsServable)
                    ?? free.LastOrDefault(version => version.State is VersionState.Draining or VersionState.Unloaded)
                    ?? versions.Values.LastOrDefault(version => version.IsQuarantined)
                    ?? versions.Values.Last();
            }
        }
    }

    /// <summary>A version by its number.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.VersionNotFound"/>.</exception>
    public ModelVersion Find(int version)
    {
        lock (gate)
        {
            return versions.TryGetValue(version, out var found)
                ? found
                : throw new ServingException(
                    ErrorCode.VersionNotFound,
                    $"The model '{Name}' has no version {version}; it has {string.Join(", ", versions.Keys)}."
                );
        }
    }

    /// <summary>Adds a version, or puts it in the place of the one with its number.</summary>
    internal void Put(ModelVersion version)
    {
        lock (gate)
        {
            versions[version.Version] = version;
            LastVersion = Math.Max(LastVersion, version.Version);
        }
    }

    /// <summary>Takes a version out.</summary>
    internal void Remove(int version)
    {
        lock (gate)
        {
            versions.Remove(version);
            labels.Remove(version);
        }
    }

    /// <summary>Keeps a version that could not be made, and forgets the oldest of those.</summary>
    internal void KeepFailure(ModelVersion version, string reason)
    {
        version.MarkFailed(reason);
        lock (gate)
        {
            failures.Enqueue(version.Version);
            if (failures.Count > MaxFailures)
                versions.Remove(failures.Dequeue());
        }
    }

    /// <summary>Names a version's classes otherwise.</summary>
    internal void Relabel(ModelVersion version, IReadOnlyList<string> names)
    {
        lock (gate)
            labels[version.Version] = names;
        version.Relabel(names);
    }
}
