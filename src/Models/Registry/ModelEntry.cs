using ModelService.Models.Errors;

namespace ModelService.Models.Registry;

/// <summary>A model that is served: a name and its versions, one of which is the default.</summary>
public sealed class ModelEntry
{
    // The most recent versions that could not be built stay listed, so that clients can read the reason.
    private const int MaxFailures = 4;

    private readonly Lock gate = new();
    private readonly SortedDictionary<int, ModelVersion> versions = [];
    private readonly Queue<int> failures = new();
    private readonly Dictionary<int, IReadOnlyList<string>> labels = [];

    internal ModelEntry(string name) => Name = name;

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>
    /// The version that is pinned as the default; null: the default is the newest version that is ready and not
    /// quarantined.
    /// </summary>
    public int? Pinned { get; internal set; }

    /// <summary>The highest number that a version ever had.</summary>
    internal int LastVersion { get; set; }

    /// <summary>Labels that were changed after their version was created, by the version's number.</summary>
    internal IReadOnlyDictionary<int, IReadOnlyList<string>> Labels => labels;

    /// <summary>Whether its first version is being built.</summary>
    internal bool IsNew { get; set; }

    /// <summary>Whether the model was deleted.</summary>
    internal bool IsRemoved { get; set; }

    /// <summary>Held during a change of what is stored of the model, so that there is one change at a time.</summary>
    internal SemaphoreSlim Changes { get; } = new(1, 1);

    /// <summary>The model's versions, oldest first.</summary>
    public IReadOnlyList<ModelVersion> Versions
    {
        get
        {
            lock (gate)
                return [.. versions.Values];
        }
    }

    /// <summary>
    /// The version that answers requests without a version number: the pinned one, else the newest that is not
    /// quarantined and is ready or loads on request. When all versions are quarantined, it is the newest of them, and
    /// requests need its number.
    /// </summary>
    public ModelVersion Default
    {
        get
        {
            lock (gate)
            {
                if (Pinned is { } pinned && versions.TryGetValue(pinned, out var version))
                    return version;
                var allowed = versions.Values.Where(item => !item.IsQuarantined);
                return allowed.LastOrDefault(item => item.IsServable)
                    ?? allowed.LastOrDefault(item => item.State is VersionState.Draining or VersionState.Unloaded)
                    ?? versions.Values.LastOrDefault(item => item.IsQuarantined)
                    ?? versions.Values.Last();
            }
        }
    }

    /// <summary>Finds a version by its number.</summary>
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

    /// <summary>Adds a version, or replaces the one of the same number.</summary>
    internal void Put(ModelVersion version)
    {
        lock (gate)
        {
            versions[version.Version] = version;
            LastVersion = Math.Max(LastVersion, version.Version);
        }
    }

    /// <summary>Removes a version.</summary>
    internal void Remove(int version)
    {
        lock (gate)
        {
            versions.Remove(version);
            labels.Remove(version);
        }
    }

    /// <summary>
    /// Marks a version that could not be built as failed, and keeps it listed. Removes the oldest failed version when
    /// there are too many.
    /// </summary>
    internal void AddFailure(ModelVersion version, string reason)
    {
        version.MarkFailed(reason);
        lock (gate)
        {
            failures.Enqueue(version.Version);
            if (failures.Count > MaxFailures)
                versions.Remove(failures.Dequeue());
        }
    }

    /// <summary>Replaces a version's labels.</summary>
    internal void Relabel(ModelVersion version, IReadOnlyList<string> names)
    {
        lock (gate)
            labels[version.Version] = names;
        version.Relabel(names);
    }
}
