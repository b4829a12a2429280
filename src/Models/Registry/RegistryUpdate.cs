using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>Brings changes of a store that servers share into memory.</summary>
/// <param name="registry">The models in memory.</param>
/// <param name="changes">The changes.</param>
/// <param name="now">A timestamp of the clock: when this server learned of them.</param>
internal sealed class RegistryUpdate(ModelRegistry registry, StoreChanges changes, long now)
{
    private readonly List<ModelVersion> removed = [];
    private readonly List<ModelEntry> changed = [];

    /// <summary>Whether all changes are in memory; some wait for a build of this server to end.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>The versions that are served no longer. Their memory is still to be freed.</summary>
    public IReadOnlyList<ModelVersion> Removed => removed;

    /// <summary>The models that were changed, whose versions may have to be loaded.</summary>
    public IReadOnlyList<ModelEntry> Changed => changed;

    /// <summary>Makes the changes.</summary>
    public void Apply()
    {
        foreach (var entry in registry.List().Where(entry => !changes.Existing.ContainsKey(entry.Name)))
            Remove(entry);
        foreach (var model in changes.Changed.Where(model => changes.Existing.ContainsKey(model.Name)))
            Update(model);
        foreach (var entry in registry.List())
        {
            if (changes.Existing.TryGetValue(entry.Name, out var numbers))
                RemoveVersions(entry, numbers);
            entry.BeginRollout(changes.Revision, now);
            if (entry.Rollout is { IsPrepared: false } && !changed.Contains(entry))
                changed.Add(entry);
        }
    }

    private void Remove(ModelEntry entry)
    {
        entry.IsRemoved = true;
        registry.Remove(entry);
        removed.AddRange(entry.Versions);
    }

    // Versions that are not stored are being built here, or could not be built.
    private void RemoveVersions(ModelEntry entry, IReadOnlySet<int> numbers)
    {
        foreach (var version in entry.Versions)
        {
            if (!numbers.Contains(version.Version) && version.Current.Files.Count > 0)
            {
                entry.Remove(version.Version);
                removed.Add(version);
            }
        }
    }

    private void Update(StoredModel model)
    {
        if (!registry.TryGet(model.Name, out var entry))
        {
            changed.Add(registry.Restore(model));
            return;
        }

        if (entry.IsNew)
        {
            // This server builds the first version of a model of this name; the store decides between the two.
            IsComplete = false;
            return;
        }

        entry.Hold();
        var before = entry.LastingDefault;
        entry.Settings = model.Settings;
        var isChanged = false;
        foreach (var version in model.Versions)
            isChanged |= Update(entry, version);
        entry.Relabel();
        if (isChanged || entry.LastingDefault != before)
            changed.Add(entry);
    }

    private bool Update(ModelEntry entry, StoredVersion stored)
    {
        var current = entry.Find(stored.Version).Value;
        if (current is { Current: { State: VersionState.Loading, Files.Count: 0 } })
        {
            // This server is about to end its build, or to find out that it was stored all the same.
            IsComplete = false;
            return false;
        }

        if (current is not null && IsSame(current, stored))
            return false;
        if (entry.Put(registry.Restore(entry, stored)) is { } replaced)
            removed.Add(replaced);
        return true;
    }

    // The same bytes can be random in one and loaded in the other: a client may send weights that are those there.
    private static bool IsSame(ModelVersion version, StoredVersion stored)
    {
        var (here, there) = (version.Current, stored.Manifest);
        return there is not null
            && here.Files.Count == there.Files.Count
            && here.Files.All(file => there.Files.GetValueOrDefault(file.Key) == file.Value)
            && version.Created == there.Created
            && (here.Weights is not { } weights || weights.RandomTensors.SequenceEqual(there.RandomTensors));
    }
}
